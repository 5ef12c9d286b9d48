"""What can go wrong for a user, said in one clear sentence each.

    CubesalError
    ├── MediaError      a clip or picture cannot be read
    ├── ModelError      a network, its weights or its maps cannot be used
    ├── DeviceError     the requested device is absent or out of memory
    ├── ExportError     an output cannot be written
    ├── EvaluationError ground truth or predictions cannot be scored
    ├── TrainingError   a training, its configuration or its data cannot be used
    └── Cancelled       the user stopped the job; nothing half-written remains

Bad *arguments* of library calls are ``ValueError`` instead: those are the caller's bugs, not the
user's files.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import Final

__all__ = [
    "DAMAGED_ARRAY",
    "Cancelled",
    "CubesalError",
    "DeviceError",
    "EvaluationError",
    "ExportError",
    "MediaError",
    "ModelError",
    "TrainingError",
]

#: What numpy and its archives raise at damaged contents, to be told in words of our own.
DAMAGED_ARRAY: Final = (
    OSError,
    ValueError,
    EOFError,
    TypeError,
    MemoryError,
    OverflowError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


class CubesalError(Exception):
    """Base of every error whose text is meant for the user: one sentence, no traceback needed."""


class MediaError(CubesalError):
    """A clip or picture cannot be read; the text names the file, the fault and the remedy."""


class ModelError(CubesalError):
    """A network, its weights or a saliency file cannot be used."""


class DeviceError(CubesalError):
    """The requested compute device does not exist or ran out of memory."""


class ExportError(CubesalError):
    """An output cannot be written: no permission, no space, no such codec."""


class EvaluationError(CubesalError):
    """Ground truth or predictions are absent, damaged, or do not fit together."""


class TrainingError(CubesalError):
    """A training cannot begin or go on: its configuration, data or checkpoint, or its losses."""


class Cancelled(CubesalError):  # noqa: N818 - a user's wish, not an error
    """Raised by a progress callback to stop a job, which then removes what it had begun."""
