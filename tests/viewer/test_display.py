"""What the panes show for given state and facts."""

from __future__ import annotations

import numpy as np
import pytest

from cubesal.overlay import OverlayStyle
from cubesal.track import TrackView
from cubesal.video import ColourSpec, Frame, YuvPlanes
from cubesal_viewer.display import UploadKeys, resolve
from cubesal_viewer.state import ModelChoice, Overlay, Playhead, ViewerState


def frame(index: int = 3) -> Frame:
    y, c = np.zeros((4, 8), np.uint8), np.zeros((2, 4), np.uint8)
    return Frame(index, index / 10, index, YuvPlanes(y, c, c, ColourSpec("bt709", False)))


MAP = np.linspace(0, 0.8, 32, dtype=np.float32).reshape(4, 8)


def test_scale_is_the_frames_peak_or_the_clips_by_choice() -> None:
    view, keys = TrackView(MAP, "current"), UploadKeys()
    per_frame = resolve(frame(), view, 1.6, Overlay(OverlayStyle(range_mode="frame")), keys)
    per_clip = resolve(frame(), view, 1.6, Overlay(OverlayStyle(range_mode="clip")), keys)
    assert per_frame.scale == pytest.approx(0.8)
    assert per_clip.scale == pytest.approx(1.6)


def test_without_a_map_there_is_no_overlay_and_it_says_so() -> None:
    shown = resolve(frame(), TrackView(None, "none"), 0.0, Overlay(), UploadKeys())
    assert shown.map_status == "none"
    assert shown.content.overlay.scale == 0.0


def test_hidden_heatmap_keeps_the_map_but_draws_none() -> None:
    view = TrackView(MAP, "stale")
    shown = resolve(frame(), view, 1.0, Overlay(visible=False), UploadKeys())
    assert shown.map_status == "stale"
    assert shown.content.saliency is MAP
    assert shown.content.overlay.scale == 0.0


def test_keys_change_exactly_when_what_is_uploaded_changes() -> None:
    keys, view, third = UploadKeys(), TrackView(MAP, "current"), frame(3)
    one = resolve(third, view, 1.0, Overlay(), keys).content
    same = resolve(third, view, 1.0, Overlay(style=OverlayStyle(opacity=0.2)), keys).content
    assert (same.frame_key, same.saliency_key, same.lut_key) == (
        one.frame_key,
        one.saliency_key,
        one.lut_key,
    )
    other_map = resolve(frame(3), TrackView(MAP.copy(), "current"), 1.0, Overlay(), keys).content
    other_frame = resolve(frame(4), view, 1.0, Overlay(), keys).content
    other_clip = resolve(frame(3), view, 1.0, Overlay(), keys).content
    other_lut = resolve(
        frame(3), view, 1.0, Overlay(style=OverlayStyle(colormap="jet")), keys
    ).content
    assert other_map.saliency_key != one.saliency_key
    assert other_frame.frame_key != one.frame_key
    assert other_clip.frame_key != one.frame_key
    assert other_lut.lut_key != one.lut_key


def test_state_signals_only_real_changes(qapp: object) -> None:
    state, heard = ViewerState(), []
    state.playhead_changed.connect(heard.append)
    state.model_changed.connect(heard.append)
    state.set_playhead(Playhead())
    state.set_playhead(Playhead(index=2))
    state.set_playhead(Playhead(index=2))
    state.set_model(ModelChoice("fast"))
    assert heard == [Playhead(index=2), ModelChoice("fast")]


def test_a_stale_map_is_shown_as_stale_or_not_at_all_by_choice() -> None:
    view = TrackView(MAP, "stale")
    shown = resolve(frame(), view, 1.0, Overlay(), UploadKeys(), show_stale=True)
    assert shown.content.saliency is MAP
    hidden = resolve(frame(), view, 1.0, Overlay(), UploadKeys(), show_stale=False)
    assert hidden.content.saliency is None
    assert hidden.map_status == "none"
    current = resolve(frame(), TrackView(MAP, "current"), 1.0, Overlay(), UploadKeys(), False)
    assert current.content.saliency is MAP
