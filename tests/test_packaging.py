"""What is declared in pyproject.toml is what lies in the tree."""

from __future__ import annotations

import ast
import os
import re
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


def test_architecture_lists_every_module_where_it_is_as_it_says_itself() -> None:
    listed = _modules_by_folder((CHECKOUT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    folders = {
        init.parent.relative_to(CHECKOUT).as_posix()
        for top in ("model/cubesal", "cubesal_viewer")
        for init in (CHECKOUT / top).rglob("__init__.py")
    }
    holding = {folder for folder in folders if _own_words(CHECKOUT / folder)}
    assert set(listed) == holding
    for folder in sorted(holding):
        assert listed[folder] == _own_words(CHECKOUT / folder), folder


def _modules_by_folder(text: str) -> dict[str, list[str]]:
    """The lines of modules in ARCHITECTURE.md, by the folder whose heading they stand under."""
    lines: dict[str, list[str]] = {}
    top, folder = "", ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = re.match(r"### `(.+)`", line)
            top = folder = heading[1] if heading else ""
        elif part := re.match(r"\*\*`(.+)/`\*\*", line):
            folder = f"{top}/{part[1]}"
        elif folder and line.startswith("- `"):
            lines.setdefault(folder, []).append(line)
    return lines


def _own_words(folder: Path) -> list[str]:
    """A line for each module of ``folder``: its name, and the first line of its docstring."""
    lines = []
    for module in sorted(folder.glob("*.py")):
        if module.name != "__init__.py":
            words = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
            lines.append(f"- `{module.name}`: {words.partition(chr(10))[0].rstrip('.')}")
    return lines
