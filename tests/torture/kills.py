"""Kill -9 at random moments, and what is left then: part of `make faults`.

    python tests/torture/kills.py [--rounds 50] [--seed N] [--only WORDS] [--json FILE]

A process forked from one that has imported torch analyses into a document, saves edits into one,
or writes a video, and is killed at a random moment after its first commit, or its first write. Then
the document must open, hold every map that was committed before the kill, unchanged, and the edits
of the last finished save or a later one; the video must be whole or absent. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import TypeVar

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "model")]
os.environ.setdefault("OMP_NUM_THREADS", "1")

from cubesal.analysis import grid_track  # noqa: E402
from cubesal.cli import main  # noqa: E402
from cubesal.document import (  # noqa: E402
    AnalysisKey,
    Document,
    DocumentContent,
    MapReader,
    Marker,
    clip_ref,
    create_document,
    grid_digest,
    sampling_in_words,
)
from cubesal.errors import CubesalError  # noqa: E402
from cubesal.model_identity import model_identity  # noqa: E402
from cubesal.video import ClipReader  # noqa: E402
from tests.media import make_clip  # noqa: E402

for part in ("analyze", "export"):
    import_module(f"cubesal.cli.{part}")  # with everything that it brings, before the forks
RATE_HZ = 15.0
MODEL = ("--model", "fast", "--device", "cpu", "--rate", f"{RATE_HZ:g}", "-q")
PATIENCE_S = 60.0
FRAMES = 90
Answer = TypeVar("Answer")


def forked(work: Callable[[], object]) -> int:
    """Start a process that does the work in silence."""
    child = os.fork()
    if child:
        return child
    try:
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        work()
    finally:
        os._exit(0)


def killed(child: int, has_begun: Callable[[], bool], delay_s: float) -> bool:
    """Kill a process so long after it has begun; False if it had ended by itself."""
    deadline = time.monotonic() + PATIENCE_S
    while not has_begun() and time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.002)
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def key_of(clip: Path) -> AnalysisKey:
    """What `cubesal analyze` names its maps by."""
    with ClipReader(clip) as reader:
        grid = grid_track(reader, "fast", RATE_HZ)
    identity = model_identity("fast", None)
    sampling = sampling_in_words(RATE_HZ, None)
    return AnalysisKey(
        identity.name, identity.weights, identity.prior, sampling, "", grid_digest(grid), len(grid)
    )


def maps_in(document: Path, key: AnalysisKey) -> dict[int, bytes]:
    """The maps that are committed now, by grid point."""
    try:
        with closing(MapReader(document, key)) as reader:
            return {k: reader.read(k).tobytes() for k, peak in enumerate(reader.peaks) if peak >= 0}
    except CubesalError:
        return {}


def frames_in(clip: Path) -> int:
    """How many frames a clip shows."""
    with ClipReader(clip) as reader:
        return reader.info.frame_count


def elsewhere(work: Callable[[Path], Answer], clip: Path) -> Answer:
    """Work in a fresh process: what has decoded or computed here bears no forks."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, clip).result()


class Analysis:
    """Kills of an analysis into one document, which each round goes on with."""

    def __init__(self, folder: Path, clip: Path) -> None:
        self._clip, self._document = clip, folder / "a.cubesal"
        self._key, self._known = elsewhere(key_of, clip), dict[int, bytes]()

    def round(self, chance: Random) -> tuple[str, str]:
        before = len(self._known)

        def has_begun() -> bool:
            self._known |= maps_in(self._document, self._key)
            return len(self._known) > before

        command = ["analyze", str(self._clip), "-o", str(self._document), *MODEL]
        child = forked(lambda: main(command))
        was_killed = killed(child, has_begun, chance.uniform(0, 0.4))
        with Document(self._document):
            pass
        found = maps_in(self._document, self._key)
        lost = [k for k, code in self._known.items() if found.get(k) != code]
        if not was_killed:  # all done: from the beginning
            self._document.unlink()
            found = {}
        self._known = found
        return "killed" if was_killed else "ended", f"maps {lost} are lost" if lost else ""


class Saving:
    """Kills of a process that saves its edits again and again, as autosave does."""

    def __init__(self, folder: Path, clip: Path) -> None:
        self._document = folder / "s.cubesal"
        create_document(self._document, clip_ref(clip, self._document))

    def _save(self, told: int) -> None:
        with Document(self._document) as document:
            number = len(document.content.markers)
            while True:
                number = number % 400 + 1
                marks = tuple(Marker(float(k), f"mark {k}") for k in range(number))
                document.write(replace(document.content, markers=marks, rate_hz=float(number)))
                os.write(told, number.to_bytes(4, "little"))

    def round(self, chance: Random) -> tuple[str, str]:
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        child = forked(lambda: self._save(theirs))
        os.close(theirs)
        said = bytearray()

        def has_begun() -> bool:
            with suppress(BlockingIOError):
                said.extend(os.read(ours, 1 << 16))
            return bool(said)

        killed(child, has_begun, chance.uniform(0, 0.2))
        while chunk := os.read(ours, 1 << 16):
            said.extend(chunk)
        os.close(ours)
        last = int.from_bytes(said[-4:], "little")
        content = self._content()
        wanted = {float(last), float(last % 400 + 1)}
        if content.rate_hz not in wanted or len(content.markers) != content.rate_hz:
            return "killed", f"saved {last}, found {content.rate_hz} {len(content.markers)}"
        return "killed", ""

    def _content(self) -> DocumentContent:
        with Document(self._document) as document:
            return document.content


class Export:
    """Kills of an export; what an earlier one wrote under the same name stays whole."""

    def __init__(self, folder: Path, clip: Path) -> None:
        self._clip, self._folder, self._rounds = clip, folder / "videos", 0
        self._folder.mkdir()
        self._lasts_s = self._undisturbed()

    def _begin(self, out: Path) -> tuple[int, Callable[[], bool]]:
        """An export on its way, and whether it has written something."""
        others = set(self._folder.iterdir())
        command = ["export", str(self._clip), "--what", "overlay", "-o", str(out), *MODEL]

        def has_begun() -> bool:
            with suppress(FileNotFoundError):  # it tries out whether it may write, and tidies up
                return any(f.stat().st_size for f in set(self._folder.iterdir()) - others)
            return False

        return forked(lambda: main(command)), has_begun

    def _undisturbed(self) -> float:
        """Seconds from the first write to the end on this machine, so that kills fall between."""
        child, has_begun = self._begin(self._folder / "0.mp4")
        while not has_begun():
            if os.waitpid(child, os.WNOHANG)[0]:
                return 0.0
            time.sleep(0.002)
        began = time.monotonic()
        os.waitpid(child, 0)
        return time.monotonic() - began

    def round(self, chance: Random) -> tuple[str, str]:
        self._rounds += 1
        out = self._folder / f"{self._rounds % 3}.mp4"
        before = out.read_bytes() if out.exists() else None
        child, has_begun = self._begin(out)
        was_killed = killed(child, has_begun, chance.uniform(0, 0.9 * self._lasts_s))
        for left in self._folder.glob(".*"):
            left.unlink()  # what a killed process cannot remove itself: hidden, never the output
        if not out.exists():
            return "killed", "" if before is None else "the earlier video is gone"
        if was_killed and out.read_bytes() == before:
            return "killed", ""
        whole = elsewhere(frames_in, out) == FRAMES
        return "killed" if was_killed else "ended", "" if whole else "half a video"


def run() -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the kind with these words in its name")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    chance, told = Random(chosen.seed), {}
    print(f"{'kill -9 during':<22}{'rounds':>9}{'killed':>9}{'faults':>9}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clip = make_clip(folder / "clip.mp4", frames=FRAMES, size=(256, 128), gop=15)
        kinds = {"analysis": Analysis, "autosave": Saving, "export": Export}
        for name, kind in kinds.items():
            if chosen.only not in name:
                continue
            victim, ends, faults = kind(folder, clip), Counter[str](), list[str]()
            for _ in range(chosen.rounds):
                end, fault = victim.round(chance)
                ends[end] += 1
                faults += [fault] if fault else []
            print(f"{name:<22}{chosen.rounds:>9}{ends['killed']:>9}{len(faults):>9}", flush=True)
            for fault in faults:
                print(f"  {fault}")
            told[name] = {"rounds": chosen.rounds, **ends, "faults": faults}
    if chosen.json:
        chosen.json.write_text(json.dumps(told, indent=1))
    return int(any(found["faults"] for found in told.values()))


if __name__ == "__main__":
    raise SystemExit(run())
