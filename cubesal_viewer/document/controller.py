"""The GUI's side of documents: which one is open, what is unsaved in it, what is asked about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from cubesal.autopilot.turning import areas_turned, keys_turned
from cubesal.document import (
    SUFFIX,
    DocumentContent,
    find_clip,
    regions_turned,
    remove_document,
)
from cubesal.inspection import is_own_maps
from cubesal.video.reading import Reading
from cubesal_viewer.document import dialogs
from cubesal_viewer.document.keeper import (
    FoundDocument,
    Keeper,
    MapStore,
    MissingClip,
    ReadyDocument,
)
from cubesal_viewer.document.recovery import Orphan, orphans
from cubesal_viewer.state import Edits, Overlay, ViewerState

__all__ = ["DocumentController"]

#: Changes are written to the recovery copy this long after the last of them.
_AUTOSAVE_MS = 1000


class DocumentController(QObject):
    """Opens, saves, restores. ``clip_wanted`` asks for a clip; ``ready`` says that it can be used.

    The cycle: 1. :meth:`open` names a document; its thread opens it and finds the clip; 2. the
    window shows that clip and says so by :meth:`clip_shown`, which for a clip opened by itself is
    the beginning; 3. the document thread makes its document the present one; 4. ``ready``: the
    content is applied to the state, and maps may come. An unnamed document is saved by itself; in a
    named one the overlay, path, markers and range are saved when somebody says so, and until then
    they are in the recovery copy. A clip whose document another window has open, or whose cache
    cannot be written, has none until it is saved under a name: ``begun``.
    """

    clip_wanted = Signal(object, object)
    ready = Signal()
    begun = Signal()
    saved = Signal(object)
    title_changed = Signal(str, bool)
    failed = Signal(str)
    noticed = Signal(str)

    def __init__(self, state: ViewerState, keeper: Keeper, parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._keeper, self._parent = state, keeper, parent
        self._autosave = QTimer(self, interval=_AUTOSAVE_MS, singleShot=True)
        self._autosave.timeout.connect(self._note)
        self._made = self._saved = self._submitted = DocumentContent()
        self._found: FoundDocument | None = None
        self._orphan: Orphan | None = None
        self._orphan_clip: Path | None = None
        self._opening = self._session = self._saving = 0
        self._then: Callable[[], object] | None = None
        self._clip: Path | None = None
        self._projection: str | None = None
        #: The named document that is open, and where maps are kept, if anywhere.
        self.path: Path | None = None
        self.store: MapStore | None = None
        #: Whether the document of the clip on show is open, or it is known that there is none.
        self.is_ready = False
        #: Whether clips have implicit documents, and sessions recovery copies.
        self.has_cache = self.has_recovery = True
        keeper.found.connect(self._on_found)
        keeper.missing.connect(self._on_missing)
        keeper.refused.connect(self._on_refused)
        keeper.ready.connect(self._on_ready)
        keeper.saved.connect(self._on_saved)
        keeper.failed.connect(self._on_failed)
        keeper.troubled.connect(self._on_troubled)
        state.overlay_changed.connect(self._on_changed)
        state.model_changed.connect(self._on_changed)
        state.edits_changed.connect(self._on_changed)
        state.truth_changed.connect(self._on_changed)

    # ---- what is in the document ----------------------------------------------------------------

    @property
    def content(self) -> DocumentContent:
        """What would be saved now."""
        overlay, choice, edits = self._state.overlay, self._state.model, self._state.edits
        return replace(
            self._made,
            path=edits.path,
            areas=edits.areas,
            regions=edits.regions,
            markers=edits.markers,
            span_s=edits.span_s,
            style=overlay.style,
            overlay_visible=overlay.visible,
            projection=self._projection,
            model=choice.model,
            prior=choice.prior,
            truth=None if self._state.truth is None else str(self._state.truth),
        )

    @property
    def is_modified(self) -> bool:
        """Whether a named document holds something else than its file."""
        return self.path is not None and self.content != self._saved

    # ---- opening --------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a document and ask for its clip."""
        self._opening = self._keeper.open(path.absolute())

    def clip_shown(self, clip: Path, projection: str | None) -> None:
        """The window shows a clip: go on with its document, or with its implicit one."""
        if self._autosave.isActive():
            self._autosave.stop()
            self._note()  # the last second of what was open before
        self._clip, self._projection = clip.absolute(), projection
        self.store, self.is_ready = None, False
        self._state.set_edits(Edits())
        found, self._found = self._found, None
        if found is not None and found.clip == clip:
            self.path, self._saved = found.path, found.content
            self._session = self._keeper.adopt()
        else:
            self.path = None
            self._session = self._keeper.open_clip(self._clip, self.has_cache)
        self._show_title()

    @property
    def projection(self) -> str | None:
        """How the document has the clip read."""
        return self._projection

    def reread(self, projection: str | None) -> None:
        """The clip on show is read in another way from now on."""
        if projection != self._projection:
            self._projection = projection
            self._on_changed()

    def clip_failed(self) -> None:
        """The clip of a document could not be shown: nothing changes."""
        self._orphan = None
        if self._found is not None:
            self._found = None
            self._keeper.drop()

    def _on_found(self, generation: int, found: FoundDocument) -> None:
        if generation == self._opening:
            self._found = found
            self.clip_wanted.emit(found.clip, found.content.projection)

    def _on_missing(self, generation: int, missing: MissingClip) -> None:
        if generation != self._opening:
            return

        def answered(clip: Path | None) -> None:
            if clip is not None:
                self._opening = self._keeper.relink(clip)
            else:
                self._orphan = None
                self._keeper.drop()

        dialogs.ask_for_clip(self._parent, missing, answered)

    def _on_refused(self, generation: int, message: str) -> None:
        if generation == self._opening:
            self._orphan = None
            self.failed.emit(message)

    def _on_ready(self, generation: int, ready: ReadyDocument) -> None:
        if generation != self._session:
            return
        if ready.path is not None:
            self.store = MapStore(generation, ready.path)
        content, orphan = ready.content, self._orphan_of(ready)
        self._saved = content
        if orphan is not None:
            content = orphan.content
        self._apply(content, is_whole=ready.is_named or orphan is not None)
        if orphan is not None:
            self._forget_orphan()
        self._orphan = None
        if ready.problem:
            words = self.tr("Nothing of this clip is kept until you use Save as: %1")
            self.noticed.emit(words.replace("%1", ready.problem))
        self._show_title()
        self._note()
        self.is_ready = True
        self.ready.emit()

    def _orphan_of(self, ready: ReadyDocument) -> Orphan | None:
        """The session that is being restored, unless something else was opened meanwhile."""
        orphan = self._orphan
        if orphan is None:
            return None
        shown = ready.path if ready.is_named else self._clip
        return orphan if shown == (orphan.document or self._orphan_clip) else None

    def _apply(self, content: DocumentContent, is_whole: bool) -> None:
        """Bring the state to what a document says; an unnamed one leaves overlay and model be."""
        self._made = content
        self._state.set_edits(self._edits_of(content, is_whole))
        self._state.set_truth(None if content.truth is None else Path(content.truth))
        if not is_whole:
            if content.model is not None and is_own_maps(content.model):
                self._state.set_model(replace(self._state.model, model=content.model, prior=None))
            return
        self._state.set_overlay(Overlay(content.style, content.overlay_visible))
        if content.model is not None:
            choice = replace(self._state.model, model=content.model, prior=content.prior)
            self._state.set_model(choice)
        # What a document leaves open is as it is here, and that is no change of it.
        shown = self.content
        self._saved = replace(
            self._saved, projection=shown.projection, model=self._saved.model or shown.model
        )

    def _edits_of(self, content: DocumentContent, is_whole: bool) -> Edits:
        """What was made, in the frame in which the clip is read.

        An unnamed document says how, unless the person has said it.
        """
        path, areas, regions = content.path, content.areas, content.regions
        if not is_whole:
            if self._projection is None:
                self._projection = content.projection
            shown, made = (Reading.parse(p) for p in (self._projection, content.projection))
            if not np.allclose(shown.source_from_view, made.source_from_view, atol=1e-12):
                turn = shown.source_from_view.T @ made.source_from_view
                path, areas = keys_turned(path, turn), areas_turned(areas, turn)
                regions = regions_turned(regions, turn)
        return Edits(path, areas, content.markers, content.span_s, regions)

    # ---- saving ---------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save into the named document; ask for a name if there is none yet."""
        if self.path is None:
            self.save_as(then)
            return
        self._then, self._submitted = then, self.content
        self._saving = self._keeper.save(self._submitted)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a name and save there, to go on in that document."""
        if self._clip is None:
            self.failed.emit(self.tr("There is nothing to save yet: open a clip first."))
            return
        suggestion = self.path or self._clip.with_suffix(SUFFIX)
        chosen = dialogs.choose_document_name(self._parent, suggestion)
        if chosen is not None:
            self.save_to(chosen, then)

    def save_to(self, path: Path, then: Callable[[], object] | None = None) -> None:
        """Save to a file and go on in it."""
        if self._clip is None:
            return
        self._then, self._submitted = then, self.content
        self._saving = self._keeper.save_as(path.absolute(), self._clip, self._submitted)

    def may_leave(self, then: Callable[[], object]) -> bool:
        """Whether the present document can be left now; if it is to be saved first, then ``then``.

        Asks where something is unsaved.
        """
        if not self.is_modified:
            return True
        assert self.path is not None
        answer = dialogs.ask_before_leaving(self._parent, self.path.name)
        if answer == "save":
            self.save(then)
        return answer == "discard"

    def _on_saved(self, generation: int, path: Path) -> None:
        if generation != self._saving:
            return
        self.path = path
        is_begun = self.store is None
        self.store = MapStore(self._session, path)
        self._saved = self._submitted
        self._show_title()
        self._note()
        self.saved.emit(path)
        if is_begun:
            self.begun.emit()
        then, self._then = self._then, None
        if then is not None:
            then()

    def _on_failed(self, generation: int, message: str) -> None:
        if generation == self._saving:
            self._then = None
            self.failed.emit(message)

    def _on_troubled(self, session: int, message: str) -> None:
        if session == self._session:
            self.failed.emit(message)

    # ---- autosave and recovery ------------------------------------------------------------------

    def _on_changed(self) -> None:
        self._show_title()
        if self.store is not None:
            self._autosave.start()

    def _note(self) -> None:
        if self.store is not None and self.has_recovery:
            self._keeper.note(self.content, self.path)

    def offer_recovery(self) -> bool:
        """Offer to restore the session that died last, if any did; True if there is one."""
        found = orphans()
        if not found:
            return False
        dialogs.ask_to_restore(self._parent, found[0], lambda yes: self._on_offer(found[0], yes))
        return True

    def _on_offer(self, orphan: Orphan, is_wanted: bool | None) -> None:
        self._orphan = orphan
        if is_wanted is False:
            self._forget_orphan()
        elif is_wanted is None:
            self._orphan = None
        elif orphan.document is not None:
            self.open(orphan.document)
        else:
            clip = find_clip(orphan.clip, orphan.file) or Path(orphan.clip.path)
            self._orphan_clip = clip.absolute()
            self.clip_wanted.emit(clip, orphan.content.projection)

    def _forget_orphan(self) -> None:
        """Remove the recovery copy that was restored or discarded."""
        if self._orphan is not None:
            remove_document(self._orphan.file)
            self._orphan = None

    def stop(self) -> bool:
        """Write what waits and end the document thread; True if it ended in time."""
        if self._autosave.isActive():
            self._autosave.stop()
            self._note()
        self._session = self._saving = self._opening = -1
        return self._keeper.stop()

    def _show_title(self) -> None:
        shown = self.path or self._clip
        if shown is not None:
            self.title_changed.emit(shown.name, self.is_modified)
