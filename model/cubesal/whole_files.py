"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cubesal.errors import ExportError

__all__ = ["new_part", "part_ended", "remove_parts", "written_whole"]

#: Of the target's name in that of its part: the longest name of a file is 255 bytes.
_NAME_CHARACTERS = 50
#: The parts of this process that may be there.
_begun: set[Path] = set()


def new_part(path: Path) -> Path:
    """Create an empty ``.part`` file of a name of its own beside ``path``; raises OSError.

    No file that is there already, whosever it is, can be taken for it. Whoever asks for a part
    says `part_ended` of it once it is removed or has its name.
    """
    with suppress(FileNotFoundError):
        path.lstat()  # a name that the file system refuses is refused now, not at the end
    part = path.with_name(f".{path.name[:_NAME_CHARACTERS]}.{secrets.token_hex(8)}.part")
    # Unlike a file from tempfile, this has the permissions of any new file.
    _begun.add(part)
    part.touch(exist_ok=False)
    return part


def part_ended(part: Path) -> None:
    """This part is no more; idempotent."""
    _begun.discard(part)


def remove_parts() -> None:
    """Remove the parts that are there still: for a process that has been interrupted and ends.

    Ctrl+C may come at any moment, also between the making of a part and what would remove it.
    """
    while _begun:
        with suppress(OSError):
            _begun.pop().unlink(missing_ok=True)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a new ``.part`` file to fill, which takes the name ``path`` if the block succeeds.

    Whatever interrupts the block removes the part. OSError becomes ExportError.
    """
    try:
        part = new_part(path)
        try:
            yield part
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            part_ended(part)
            raise
        part_ended(part)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from error
