"""The hands on path, areas, markers and range: every edit goes through the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from cubesal.autopilot import Area, AreaKind, Ease, PathKey
from cubesal_viewer.editing import operations as ops
from cubesal_viewer.editing.follower import Follower, FollowRequest
from cubesal_viewer.editing.history import History
from cubesal_viewer.editing.recorder import Recorder
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.state import Playhead, ViewerState
from cubesal_viewer.steering import Steering

__all__ = ["Editor"]


class Editor(QObject):
    """Turns intent into edits.  ``noticed`` brings a sentence for the status bar.

    ``keys_changed``: other keys are to be shown, the person's or the planner's.
    """

    keys_changed = Signal()
    noticed = Signal(str)
    failed = Signal(str)

    def __init__(self, state: ViewerState, transport: Transport, steering: Steering) -> None:
        super().__init__()
        self._state, self._transport, self._steering = state, transport, steering
        self.history = History(state, self)
        self._recorder: Recorder | None = None
        self._follower = Follower(self)
        self._followed = -1
        #: How the clip is packed, as it was opened.
        self.projection: str | None = None
        self._follower.followed.connect(self._on_followed)
        self._follower.progressed.connect(self._on_progress)
        self._follower.failed.connect(self._on_follow_failed)
        steering.path_changed.connect(self.keys_changed)
        state.edits_changed.connect(lambda _edits: self.keys_changed.emit())
        state.playhead_changed.connect(self._on_playhead)
        state.camera_changed.connect(lambda _camera: self._record())

    # ---- keys -----------------------------------------------------------------------------------

    @property
    def keys(self) -> tuple[PathKey, ...]:
        """The keys to show: those insisted on, and where they leave room, the planner's."""
        own = self._state.edits.path
        plan = self._steering.plan
        theirs = () if plan is None else plan.keys
        return tuple(sorted([*own, *_free(theirs, own)], key=lambda key: key.time_s))

    def set_key(self) -> None:
        """Insist on the present view at the present moment; a way on from there is kept."""
        if not self._has_clip():
            return
        edits, now_s = self._state.edits, self._state.playhead.time_s
        before = ops.at_time(edits.path, now_s)
        key = PathKey.of(now_s, self._state.camera)
        if before is not None:
            key = replace(key, ease=before.ease)
        self.history.edit(self.tr("Set key"), ops.with_key(edits, key))

    def delete_key(self, key: PathKey | None = None) -> None:
        """Do not go by way of a key; of the one at the playhead, if none is named."""
        key = key or self._key_here()
        if key is not None:
            after = ops.past_key(self._state.edits, self.keys, key)
            self.history.edit(self.tr("Delete key"), after)

    def toggle_lock(self, key: PathKey | None = None) -> None:
        """Insist on a key of the planner's, or give one back to it."""
        key = key or self._key_here()
        if key is not None:
            words = self.tr("Unlock key") if key.locked else self.tr("Lock key")
            self.history.edit(words, ops.locked(self._state.edits, key))

    def move_key(self, key: PathKey, to_s: float) -> None:
        """Bring a key to another moment, that of a frame."""
        moment = self._transport.frame_time(to_s)
        self.history.edit(self.tr("Move key"), ops.key_moved(self._state.edits, key, moment))

    def ease_key(self, ease: Ease, key: PathKey | None = None) -> None:
        """Go on from a key by the planned way, straight, or by a cut."""
        key = key or self._key_here()
        if key is not None:
            self.history.edit(self.tr("Way on from key"), ops.eased(self._state.edits, key, ease))

    def clear_keys(self) -> None:
        """Give the whole path back to the planner."""
        self.history.edit(self.tr("Clear keys"), replace(self._state.edits, path=()))

    def _key_here(self) -> PathKey | None:
        """The key at the playhead; says so if there is none."""
        key = ops.at_time(self.keys, self._state.playhead.time_s)
        if key is None:
            self.noticed.emit(
                self.tr("There is no key at this moment: click a diamond on the timeline first.")
            )
        return key

    # ---- areas ----------------------------------------------------------------------------------

    def add_area(self, kind: AreaKind, direction: tuple[float, float] | None = None) -> None:
        """Prefer or avoid what lies in a direction, or in the middle of the view, in the range."""
        if not self._has_clip():
            return
        camera, edits = self._state.camera, self._state.edits
        yaw, pitch = direction or (camera.yaw, camera.pitch)
        area = Area(kind, float(yaw), float(pitch))
        if edits.span_s is not None:
            area = replace(area, start_s=edits.span_s[0], end_s=edits.span_s[1])
        words = self.tr("Prefer area") if kind == "prefer" else self.tr("Avoid area")
        self.history.edit(words, replace(edits, areas=(*edits.areas, area)))

    def delete_area(self, row: int) -> None:
        """Neither prefer nor avoid one of the areas."""
        areas = self._state.edits.areas
        if 0 <= row < len(areas):
            rest = (*areas[:row], *areas[row + 1 :])
            self.history.edit(self.tr("Delete area"), replace(self._state.edits, areas=rest))

    def clear_areas(self) -> None:
        """Neither prefer nor avoid anything."""
        self.history.edit(self.tr("Clear areas"), replace(self._state.edits, areas=()))

    # ---- markers and range ----------------------------------------------------------------------

    def toggle_marker(self) -> None:
        """Mark the present moment, or take its marker away."""
        if self._has_clip():
            after = ops.marker_toggled(self._state.edits, self._state.playhead.time_s)
            self.history.edit(self.tr("Marker"), after)

    def go_to_marker(self, direction: int) -> None:
        """Seek to the next (+1) or previous (-1) marker."""
        now_s = self._state.playhead.time_s
        ahead = [
            m.time_s
            for m in self._state.edits.markers
            if (m.time_s - now_s) * direction > ops.SAME_S
        ]
        if ahead:
            self._transport.seek_time(min(ahead) if direction > 0 else max(ahead))

    def set_in(self) -> None:
        """The A–B range begins here."""
        self._set_span(start_s=self._state.playhead.time_s)

    def set_out(self) -> None:
        """The A–B range ends here."""
        self._set_span(end_s=self._state.playhead.time_s)

    def clear_span(self) -> None:
        """No range: the whole clip."""
        self.history.edit(self.tr("Clear range"), replace(self._state.edits, span_s=None))

    def toggle_loop(self) -> None:
        """Play the range, or the clip, over and over, or once."""
        self._state.set_looping(not self._state.looping)
        on = self._state.looping
        self.noticed.emit(self.tr("Loop on") if on else self.tr("Loop off"))

    def _set_span(self, start_s: float | None = None, end_s: float | None = None) -> None:
        clip = self._state.clip
        if clip is not None:
            after = ops.span_set(self._state.edits, clip.duration_s, start_s, end_s)
            self.history.edit(self.tr("Set range"), after)

    # ---- recording ------------------------------------------------------------------------------

    def toggle_recording(self) -> None:
        """Play, and record where the person looks; again, or at the end: make keys of it."""
        if self._state.recording:
            self._end_recording()
            return
        if not self._has_clip():
            return
        self._state.set_autopilot(False)
        self._recorder = Recorder()
        self._transport.play()
        if not self._state.playhead.playing:  # a still, or a clip that is still opening
            self._recorder = None
            self.noticed.emit(self.tr("There is nothing to play, so nothing can be recorded."))
            return
        self._state.set_recording(True)
        self._record()

    def _record(self) -> None:
        if self._recorder is not None and self._state.recording:
            self._recorder.add(self._state.playhead.time_s, self._state.camera)

    def _end_recording(self) -> None:
        recorder, self._recorder = self._recorder, None
        self._state.set_recording(False)
        keys = recorder.keys() if recorder is not None else ()
        if len(keys) < 2:
            return
        self._transport.pause()
        start_s, end_s = keys[0].time_s, keys[-1].time_s
        after = ops.keys_replaced(self._state.edits, keys, start_s, end_s)
        self.history.edit(self.tr("Record"), after)
        words = self.tr("Recorded %1 keys; P flies them.").replace("%1", str(len(keys)))
        self.noticed.emit(words)

    # ---- following ------------------------------------------------------------------------------

    @property
    def is_following(self) -> bool:
        """Whether a subject is being followed now."""
        return self._followed >= 0

    def follow_this(self, direction: tuple[float, float] | None = None) -> None:
        """Follow what lies in a direction, or in the middle of the view; again: let it go."""
        if self.is_following:
            self._follower.cancel()
            return
        if not self._has_clip():
            return
        clip = self._state.clip
        assert clip is not None
        camera = self._state.camera
        yaw, pitch = direction or (camera.yaw, camera.pitch)
        self._transport.pause()
        index = self._state.playhead.index
        request = FollowRequest(
            clip.path, self.projection, index, float(yaw), float(pitch), camera.hfov
        )
        self._followed = self._follower.follow(request)
        self.noticed.emit(self.tr("Following…"))

    def _on_progress(self, generation: int, done: int, total: int) -> None:
        if generation == self._followed and total:
            words = self.tr("Following: %1 % (T lets go)")
            self.noticed.emit(words.replace("%1", str(round(100 * done / total))))

    def _on_followed(self, generation: int, keys: tuple[PathKey, ...]) -> None:
        if generation != self._followed:
            return
        self._followed = -1
        if len(keys) < 2:
            self.noticed.emit(self.tr("Let go."))
            return
        start_s, end_s = keys[0].time_s, keys[-1].time_s
        after = ops.keys_replaced(self._state.edits, keys, start_s, end_s)
        self.history.edit(self.tr("Follow"), after)
        words = self.tr("Followed for %1 s.").replace("%1", f"{end_s - start_s:.1f}")
        self.noticed.emit(words)
        self._state.set_autopilot(True)

    def _on_follow_failed(self, generation: int, message: str) -> None:
        if generation == self._followed:
            self._followed = -1
            self.failed.emit(message)

    # ---- life -----------------------------------------------------------------------------------

    def reset(self, projection: str | None) -> None:
        """Another clip is open."""
        self.reread(projection)
        self.history.forget()

    def reread(self, projection: str | None) -> None:
        """The clip is read in another way: what is under way was meant for the present one."""
        self._recorder, self._followed = None, -1
        self._state.set_recording(False)
        self._follower.cancel()
        self.projection = projection

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        return self._follower.stop()

    def _has_clip(self) -> bool:
        if self._state.clip is None:
            self.noticed.emit(self.tr("Open a clip first."))
        return self._state.clip is not None

    def _on_playhead(self, playhead: Playhead) -> None:
        self._record()
        if self._state.recording and not playhead.playing:
            self._end_recording()
        if self._state.looping and playhead.playing:
            self._loop(playhead)

    def _loop(self, playhead: Playhead) -> None:
        span = self._state.edits.span_s
        clip = self._state.clip
        if clip is None or self._state.recording:
            return
        begin, end = span or (0.0, clip.duration_s)
        last = (
            self._transport.frame_time(end - 1e-6) if span else float(self._transport.times_s[-1])
        )
        if playhead.time_s >= last or playhead.time_s < begin - 1.0:
            self._transport.seek_time(begin)


def _free(theirs: Sequence[PathKey], own: Sequence[PathKey]) -> list[PathKey]:
    """The planner's keys that are not at, or close beside, those of a person.

    On a straight way or before a cut there is nothing to plan.
    """
    free = []
    for key in theirs:
        if any(abs(key.time_s - k.time_s) < 0.25 for k in own):
            continue
        before = [k for k in own if k.time_s < key.time_s]
        has_next = any(k.time_s > key.time_s for k in own)
        if before and has_next and before[-1].ease != "planned":
            continue
        free.append(key)
    return free
