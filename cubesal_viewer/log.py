"""The log: one rotating file of what went wrong, in which of a path only the file's name stands."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from platformdirs import user_log_path

__all__ = ["log_path", "logger", "start_logging", "without_folders"]

#: Everything that the viewer logs goes through this one.
logger: Final = logging.getLogger("cubesal_viewer")

logger.addHandler(logging.NullHandler())  # before there is a file nothing goes to the terminal

_SIZE: Final = 512 * 1024
_OLDER_FILES: Final = 3
_FORMAT: Final = "%(asctime)s %(levelname)s [%(threadName)s] %(message)s"

#: An absolute path's folders.  A folder's name may hold blanks but not end with one, and may hold
#: an apostrophe but not end with one: there the path of a sentence or a quotation has ended.
_FOLDERS: Final = re.compile(
    r"""(?<![\w.])(?:/|[A-Za-z]:[\\/])(?:(?:[^\\/\n"']|'(?=\w))*[^\\/\s"'][\\/])+"""
)
#: Of our own and of installed modules it helps to know where in their package they lie.
_KEPT: Final = re.compile(
    r"(?:.*[\\/])?(?:site-packages[\\/]|(?=cubesal_viewer[\\/]))(.*)", re.DOTALL
)


def log_path() -> Path:
    """Where the log is, or would be."""
    return user_log_path("cubesal-viewer", appauthor=False) / "cubesal-viewer.log"


def start_logging() -> str | None:
    """Log to the file from now on; a sentence about why not, where that cannot be."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path, maxBytes=_SIZE, backupCount=_OLDER_FILES, encoding="utf-8"
        )
    except OSError as error:
        return f"nothing is logged, because {path} cannot be written: {error.strerror}"
    handler.setFormatter(_Discreet(_FORMAT))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return None


def without_folders(text: str) -> str:
    """The text with every absolute path cut to the file's name."""
    return _FOLDERS.sub(_shortened, text)


def _shortened(match: re.Match[str]) -> str:
    kept = _KEPT.fullmatch(match.group())
    return kept.group(1) if kept else ""


class _Discreet(logging.Formatter):
    """Formats records, tracebacks too, without the folders of this person's files."""

    def format(self, record: logging.LogRecord) -> str:
        return without_folders(super().format(record))
