"""The few facts of a document beside its maps: its clip, and what people made, as JSON."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from cubesal import __version__
from cubesal.document.clip import ClipRef
from cubesal.document.content import DocumentContent, content_from_text, content_text
from cubesal.document.errors import DocumentError

__all__ = ["read_facts", "write_facts"]


def write_facts(connection: sqlite3.Connection, clip: ClipRef, content: DocumentContent) -> None:
    """Replace clip and content; whoever calls it sees to the transaction."""
    facts = {
        "clip": json.dumps(clip.facts()),
        "content": content_text(content),
        "written_by": f"cubesal {__version__}",
    }
    connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())


def read_facts(connection: sqlite3.Connection, path: Path) -> tuple[ClipRef, DocumentContent]:
    """Clip and content of a document. DocumentError if they are not what we write."""
    rows = connection.execute("SELECT name, value FROM facts WHERE name IN ('clip', 'content')")
    facts = dict(rows.fetchall())
    try:
        clip = ClipRef(**json.loads(facts["clip"]))
        return clip, content_from_text(facts["content"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        # Python quotes what it stumbled over, which may be of many lines, or endless.
        words = " ".join(str(error).split())[:200]
        reason = "a fact is missing" if isinstance(error, KeyError) else words
        raise DocumentError(f"{path} is damaged or not made by cubesal: {reason}") from error
