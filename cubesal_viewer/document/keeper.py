"""The document thread: owns the open document and writes what it is given, in the order given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from cubesal.document import (
    AnalysisKey,
    ClipRef,
    Document,
    DocumentContent,
    DocumentError,
    begin_document,
    clip_ref,
    find_clip,
    implicit_document,
    is_that_clip,
    ref_from,
)
from cubesal.errors import CubesalError
from cubesal_viewer.document.recovery import RecoveryCopy
from cubesal_viewer.worker import Worker, one_sentence

_STOP_S = 15.0

__all__ = ["FoundDocument", "Keeper", "KeptMap", "MapStore", "MissingClip", "ReadyDocument"]


@dataclass(frozen=True)
class FoundDocument:
    """A document that was opened, with its clip, and waits for that clip to be shown."""

    path: Path
    clip: Path
    content: DocumentContent


@dataclass(frozen=True)
class MissingClip:
    """A document that was opened, but whose clip is not where it was; ``problem`` of a choice."""

    path: Path
    name: str
    problem: str = ""


@dataclass(frozen=True)
class ReadyDocument:
    """The document that maps go into from now on; ``path`` None: there is none, for ``problem``."""

    path: Path | None
    content: DocumentContent
    is_named: bool
    problem: str = ""


@dataclass(frozen=True)
class MapStore:
    """Where the maps of a session are kept: what the analysis needs to know of it."""

    session: int
    path: Path


@dataclass(frozen=True, eq=False)
class KeptMap:
    """One encoded map on its way into a document; ``turn`` is the picture's own, rad/s."""

    key: AnalysisKey
    k: int
    code: bytes
    peak: float
    turn: float


class Keeper(QObject):
    """Runs :class:`Document` on its own thread; signals arrive on the GUI thread.

    A document that was opened waits as a candidate until its clip is shown: then it is adopted in
    place of the present one, else dropped. The generation of :meth:`adopt` and :meth:`open_clip`
    names the session; maps of another session are ignored.
    """

    found = Signal(int, object)
    missing = Signal(int, object)
    refused = Signal(int, str)
    ready = Signal(int, object)
    committed = Signal(int, object)
    saved = Signal(int, object)
    failed = Signal(int, str)
    troubled = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generation = 0
        self._document: Document | None = None  # these belong to the document thread
        self._candidate: Document | None = None
        self._recovery = RecoveryCopy()
        self._session = 0
        self._waiting: list[tuple[AnalysisKey, int]] = []
        self._is_troubled = False
        self._worker = Worker("document", at_end=self._end, prompt=True)

    def open(self, path: Path) -> int:
        """Open a document beside the present one; ``found``, ``missing`` or ``refused`` follows."""
        return self._ask(lambda generation: self._open(generation, path))

    def relink(self, clip: Path) -> int:
        """Take a file for the clip of the document that misses its own."""
        return self._ask(lambda generation: self._relink(generation, clip))

    def adopt(self) -> int:
        """The clip of the candidate is shown: ``ready`` follows."""
        return self._ask(self._adopt)

    def drop(self) -> None:
        """Close the candidate: its clip cannot be shown."""
        self._worker.submit(self._drop)

    def open_clip(self, clip: Path, is_kept: bool = True) -> int:
        """A clip is shown that has no named document: ``ready`` follows, with its implicit one."""
        return self._ask(lambda generation: self._open_clip(generation, clip, is_kept))

    def keep(self, session: int, kept: KeptMap) -> None:
        """Write a map; ``committed`` follows. May be called on any thread."""
        self._worker.submit(lambda: self._keep(session, kept))

    def save(self, content: DocumentContent) -> int:
        """Write into the present document: ``saved`` or ``failed`` follows."""
        return self._ask(lambda generation: self._save(generation, content))

    def save_as(self, path: Path, clip: Path, content: DocumentContent) -> int:
        """Write everything into another document and go on in it: ``saved`` or ``failed``."""
        return self._ask(lambda generation: self._save_as(generation, path, clip, content))

    def note(self, content: DocumentContent, named: Path | None) -> None:
        """Write the recovery copy, and an unnamed document itself."""
        self._worker.submit(lambda: self._note(content, named))

    def stop(self) -> bool:
        """Do all that was asked for and end the thread; True if it ended in time."""
        asked = threading.Event()  # the worker itself would drop what has not begun
        self._worker.submit(asked.set)
        asked.wait(_STOP_S)
        return self._worker.stop(_STOP_S)

    def _ask(self, work: Callable[[int], None]) -> int:
        self._generation += 1
        generation = self._generation
        self._worker.submit(lambda: work(generation))
        return generation

    # Everything below runs on the document thread.

    def _open(self, generation: int, path: Path) -> None:
        self._drop()
        try:
            if self._document is not None and path.resolve() == self._document.path.resolve():
                raise DocumentError(f"{path.name} is open already")
            self._candidate = Document(path)
            clip = find_clip(self._candidate.clip, path)
        except Exception as error:
            self.refused.emit(generation, one_sentence(error))
            return
        if clip is None:
            self.missing.emit(generation, MissingClip(path, self._candidate.clip.name))
        else:
            self._tell_found(generation, clip)

    def _relink(self, generation: int, clip: Path) -> None:
        if self._candidate is None:
            return
        path = self._candidate.path
        try:
            is_that_clip(self._candidate.clip, clip)
            self._candidate.write(self._candidate.content, clip_ref(clip, path))
        except Exception as error:
            name = self._candidate.clip.name
            self.missing.emit(generation, MissingClip(path, name, one_sentence(error)))
        else:
            self._tell_found(generation, clip)

    def _tell_found(self, generation: int, clip: Path) -> None:
        assert self._candidate is not None
        candidate = self._candidate
        self.found.emit(generation, FoundDocument(candidate.path, clip, candidate.content))

    def _adopt(self, generation: int) -> None:
        if self._candidate is None:
            return
        document, self._candidate = self._candidate, None
        self._begin(generation, document)
        self.ready.emit(generation, ReadyDocument(document.path, document.content, True))

    def _drop(self) -> None:
        if self._candidate is not None:
            self._candidate.close()
            self._candidate = None

    def _open_clip(self, generation: int, clip: Path, is_kept: bool) -> None:
        self._drop()
        self._begin(generation, None)
        if not is_kept:
            self.ready.emit(generation, ReadyDocument(None, DocumentContent(), False))
            return
        try:
            self._document = implicit_document(clip)
        except Exception as error:
            ready = ReadyDocument(None, DocumentContent(), False, one_sentence(error))
        else:
            ready = ReadyDocument(self._document.path, self._document.content, False)
        self.ready.emit(generation, ready)

    def _begin(self, session: int, document: Document | None) -> None:
        """Close the present document and go on with another."""
        self._close()
        self._document, self._session = document, session
        self._is_troubled = False

    def _close(self) -> None:
        self._recovery.discard()
        if self._document is not None:
            document, self._document = self._document, None
            try:
                document.close()
            except DocumentError as error:
                self.troubled.emit(self._session, str(error))
        self._waiting.clear()

    def _keep(self, session: int, kept: KeptMap) -> None:
        if session != self._session or self._document is None:
            return
        with self._trouble_told():
            number = self._document.analysis(kept.key)
            self._waiting.append((kept.key, kept.k))
            if self._document.put(number, kept.k, kept.code, kept.peak, kept.turn):
                self._tell_committed()
            else:
                self._worker.submit(self._flush)  # after what waits already

    def _flush(self) -> None:
        if self._waiting and self._document is not None:
            with self._trouble_told():
                self._document.commit()
                self._tell_committed()

    def _tell_committed(self) -> None:
        self.committed.emit(self._session, tuple(self._waiting))
        self._waiting.clear()

    @contextmanager
    def _trouble_told(self) -> Iterator[None]:
        """Tell of trouble once a session: maps stay in memory, and later there may be room."""
        try:
            yield
        except CubesalError as error:
            if not self._is_troubled:
                self._is_troubled = True
                self.troubled.emit(self._session, str(error))

    def _save(self, generation: int, content: DocumentContent) -> None:
        def work(document: Document) -> None:
            document.commit()
            document.write(content)

        self._write(generation, work)

    def _save_as(self, generation: int, path: Path, clip: Path, content: DocumentContent) -> None:
        def work(document: Document) -> None:
            document.save_as(path, content, ref_from(document.clip, clip, path))

        if self._document is not None:
            self._write(generation, work)
            return
        try:  # another window keeps the maps of this clip: from now on this one does so too
            self._document = begin_document(path, clip_ref(clip, path), content)
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            self.saved.emit(generation, self._document.path)

    def _write(self, generation: int, work: Callable[[Document], None]) -> None:
        try:
            if self._document is None:
                raise DocumentError(
                    "this clip has no document here, so nothing was saved; use Save as"
                )
            work(self._document)
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            self._is_troubled = False
            self.saved.emit(generation, self._document.path)

    def _note(self, content: DocumentContent, named: Path | None) -> None:
        if self._document is None:
            return
        with self._trouble_told():
            if named is None:
                self._document.write(content)
            self._recovery.write(_absolute(self._document.clip), content, named)

    def _end(self) -> None:
        with suppress(DocumentError):
            self._drop()
        self._close()


def _absolute(clip: ClipRef) -> ClipRef:
    """The reference as a document elsewhere has it."""
    return ClipRef(clip.name, clip.path, "", clip.size, clip.fingerprint)
