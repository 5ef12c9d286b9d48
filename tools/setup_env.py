"""Make ``.venv`` ready: system libraries, virtual environment, the pinned tested set.

Needs nothing but the standard library, so that it runs on a fresh machine.  When nothing has
changed since the last run it only compares a stamp and returns.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "cubesal-setup.stamp"
MINIMUM = (3, 11)
#: What Qt's xcb platform, OpenGL in software and a display without a screen need on Debian/Ubuntu.
DEBIAN_PACKAGES = [
    "fonts-dejavu-core",
    "libdbus-1-3",
    "libegl-mesa0",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libgl1-mesa-dri",
    "libglx-mesa0",
    "libopengl0",
    "libx11-xcb1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-sync1",
    "libxcb-xfixes0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
    "xauth",
    "xvfb",
]


def missing_debian_packages() -> list[str]:
    """Name the packages of the list that are not installed; empty where dpkg does not exist."""
    if not shutil.which("dpkg-query"):
        return []
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *DEBIAN_PACKAGES]
    listing = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    rows = (line.split() for line in listing.splitlines())
    installed = {row[0] for row in rows if len(row) == 2 and row[1].startswith("ii")}
    return [name for name in DEBIAN_PACKAGES if name not in installed]


def administrator() -> list[str] | None:
    """Return the prefix that runs a command as root without asking, or None where there is none."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


def apt_install(packages: list[str]) -> None:
    """Install Debian packages, or print the command where we may not."""
    prefix = administrator()
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if prefix is None:
        print(f"Some system libraries are missing. Please run:\n  sudo {' '.join(install)}")
        return
    print(f"Installing system libraries: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*prefix, "apt-get", "update", "-q"], check=True, env=environment)
    subprocess.run([*prefix, *install], check=True, env=environment)


def create_venv() -> None:
    """Create ``.venv``; on Debian without ensurepip, install that part first."""
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(command, check=False, capture_output=True).returncode == 0:
        return
    if shutil.which("apt-get"):
        apt_install([f"python3.{sys.version_info.minor}-venv"])
    subprocess.run(command, check=True)


def wanted_stamp() -> str:
    """Fingerprint of everything that decides what ``.venv`` must contain."""
    digest = hashlib.sha256(f"{sys.version} {VENV}".encode())
    for name in ("pyproject.toml", "constraints.txt", "tools/setup_env.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def main() -> int:
    """Bring the environment up to date; 0 when it is ready."""
    if sys.version_info < MINIMUM:
        print(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
        return 1
    missing = missing_debian_packages()
    if missing:
        apt_install(missing)
    stamp = wanted_stamp()
    if STAMP.is_file() and STAMP.read_text() == stamp:
        return 0
    scripts = VENV / ("Scripts" if os.name == "nt" else "bin")
    if not (scripts / "python").exists() or not STAMP.is_file():
        print("Creating .venv", flush=True)
        create_venv()
    STAMP.unlink(missing_ok=True)
    print("Installing the tested set of packages (a minute or two the first time)", flush=True)
    pip = [str(scripts / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*pip, "-c", "constraints.txt", "-e", ".[test,lint]"], check=True, cwd=ROOT)
    STAMP.write_text(stamp)
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except subprocess.CalledProcessError as error:
        print(f"Setup stopped: '{' '.join(map(str, error.cmd))}' failed (exit {error.returncode}).")
        raise SystemExit(1) from None
