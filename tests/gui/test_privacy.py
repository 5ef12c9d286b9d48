"""No network: the library and the window work with every socket but the display's refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.media import make_clip

CHECKOUT = Path(__file__).resolve().parents[2]

#: Denies sockets and look-ups below Python as well as in it: an audit hook sees both of Python's
#: own, and libraries in C would show in the process's list of sockets.
GUARD = """
import socket, sys
from pathlib import Path
tried = []
def deny(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto"):
        if event == "socket.getaddrinfo" or arguments[0].family != socket.AF_UNIX:
            tried.append((event, arguments[1:]))
            raise PermissionError(f"{event} is denied")
sys.addaudithook(deny)
def inet_sockets():
    mine = {str(Path(f"/proc/self/fd/{fd}").readlink()) for fd in fds()}
    found = []
    for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        table = Path(f"/proc/self/net/{kind}")
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            if f"socket:[{line.split()[9]}]" in mine:
                found.append(line)
    return found
def fds():
    import os
    return [fd for fd in os.listdir("/proc/self/fd") if Path(f"/proc/self/fd/{fd}").exists()]
"""

LIBRARY = """
from cubesal.cli import main
clip, out = sys.argv[1:]
model = ["--model", "fast", "--device", "cpu", "-q"]
assert main(["predict", clip, "--out", out, *model]) == 0
assert main(["export", clip, "--what", "overlay", "-o", out + "/o.mp4", *model]) == 0
assert main(["models", "list"]) == 0
assert not tried and not inet_sockets(), (tried, inet_sockets())
print("silent")
"""

WINDOW = """
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from cubesal_viewer.__main__ import _make_application, _watch
from cubesal_viewer.export.wishes import ExportWish
from cubesal_viewer.render.gl_format import choose_pyopengl_platform, request_surface_format
from cubesal_viewer.state import ModelChoice
request_surface_format(); choose_pyopengl_platform()
application = _make_application()
failures = _watch()
from cubesal_viewer.app import Viewer
clip, out = map(Path, sys.argv[1:])
viewer = Viewer(QSettings(str(out / "s.ini"), QSettings.Format.IniFormat))
viewer.state.set_model(ModelChoice("fast", "cpu"))
viewer.window.show()
viewer.open(clip)
analysed = lambda: viewer.analysis.track is not None and viewer.analysis.track.complete
def pause(ms):  # QTest.qWait would keep the lock that the threads need
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()
def wait_for(done, ms):
    for _ in range(ms // 50):
        if done():
            return True
        pause(50)
    return False
assert wait_for(analysed, 120000)
viewer.show_keys()
written = []
viewer.exports.finished.connect(written.append)
viewer.exports.start_all([ExportWish("nfov", out / "n.mp4", (320, 180))])
assert wait_for(lambda: bool(written), 120000)
viewer.open(out / "someone-private" / "absent.mp4")
pause(300)
assert not tried and not inet_sockets(), (tried, inet_sockets())
viewer.stop()
failures.remove()
print("silent")
"""


def run(script: str, *arguments: Path) -> str:
    command = [sys.executable, "-c", GUARD + script, *map(str, arguments)]
    path = f"{CHECKOUT}{os.pathsep}{CHECKOUT / 'model'}"
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=170, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    folder = tmp_path / "private-folder"
    folder.mkdir()
    return make_clip(folder / "clip.mp4", frames=8, gop=4)


@pytest.mark.slow
@pytest.mark.gl
@pytest.mark.skipif(not Path("/proc/self/net").exists(), reason="needs Linux's list of sockets")
def test_commands_and_window_open_no_connection_and_the_log_holds_no_folders(clip, tmp_path):
    """In one process, since each would load torch for itself."""
    assert run(LIBRARY + WINDOW, clip, tmp_path).count("silent\n") == 2
    (log,) = Path(os.environ["XDG_STATE_HOME"]).rglob("cubesal-viewer.log")
    words = log.read_text()
    assert "absent.mp4" in words  # the failure was logged
    for private in ("private", str(tmp_path), "/tmp", os.environ.get("USER") or "/home"):
        assert private not in words, words


def test_the_guard_itself_denies_a_connection():
    script = """
try:
    socket.create_connection(("127.0.0.1", 9), 1)
except PermissionError:
    print(len(tried))
"""
    assert int(run(script)) >= 1
