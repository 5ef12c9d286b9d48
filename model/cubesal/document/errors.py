"""What goes wrong with documents, said in one sentence."""

from __future__ import annotations

from cubesal.errors import CubesalError

__all__ = ["DocumentError"]


class DocumentError(CubesalError):
    """A document cannot be opened, read or written; the text names the file, fault and remedy."""
