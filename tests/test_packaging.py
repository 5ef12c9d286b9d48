"""What is declared in pyproject.toml is what lies in the tree."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


def packages_below(folder: str, name: str) -> set[str]:
    root = CHECKOUT / folder
    found = {".".join(p.parent.relative_to(root).parts) for p in root.rglob("__init__.py")}
    return {f"{name}.{part}" if part else name for part in found}


def test_every_package_of_the_tree_is_declared() -> None:
    declared = set(PROJECT["tool"]["setuptools"]["packages"])
    data = {"cubesal_viewer.shaders", "cubesal_viewer.resources"}
    inside = packages_below("model/cubesal", "cubesal")
    inside |= packages_below("cubesal_viewer", "cubesal_viewer")
    assert declared == inside | data


def test_every_shader_and_resource_is_package_data() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]
    for package, folder in (
        ("cubesal_viewer.shaders", "shaders"),
        ("cubesal_viewer.resources", "resources"),
    ):
        root = CHECKOUT / folder
        covered = {path for pattern in patterns[package] for path in root.glob(pattern)}
        assert {path for path in root.rglob("*") if path.is_file()} == covered


def test_version_is_said_once() -> None:
    from cubesal import __version__

    assert PROJECT["project"]["version"] == __version__
    citation = (CHECKOUT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation


def test_library_and_its_help_load_neither_torch_nor_qt_nor_opengl() -> None:
    probe = (
        "import sys, cubesal, cubesal.geometry, cubesal.video, cubesal.overlay, cubesal.track,"
        " cubesal.autopilot, cubesal.exporting, cubesal.cli;"
        "heavy = {'torch', 'torchvision', 'PySide6', 'OpenGL', 'pyqtgraph'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    path = str(CHECKOUT / "model")
    done = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr


def test_the_window_comes_before_torch_scipy_and_opengl() -> None:
    # What a choice of models shows is known without them; they are imported where they work.
    probe = (
        "import sys, cubesal_viewer.app;"
        "heavy = {'torch', 'torchvision', 'scipy', 'OpenGL'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    path = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "model")])
    done = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr


def test_architecture_has_a_line_for_every_module() -> None:
    text = (CHECKOUT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for folder in ("model/cubesal", "cubesal_viewer"):
        for module in (CHECKOUT / folder).rglob("*.py"):
            if module.name != "__init__.py":
                assert f"- `{module.name}`: " in text, f"{module} is missing in ARCHITECTURE.md"
