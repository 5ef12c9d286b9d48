"""Settings and saved exports made of anything: what is sound holds, the rest is left at rest."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QSettings

from cubesal.autopilot import PlannerOptions
from cubesal.errors import ExportError
from cubesal.exporting import ExportJob
from cubesal.overlay import OverlayStyle
from cubesal_viewer.export.saved import request_of
from cubesal_viewer.preferred import Preferences, load_preferences
from cubesal_viewer.settings import load_choices, load_model
from cubesal_viewer.state import ViewerState
from tests.fuzzing import examples

_unhurried = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
_odd = st.sampled_from(
    ["", "nan", "inf", "-1e999", "true", "never", "@Variant(\0)", "@ByteArray(x)", "9" * 400, "é"]
)
_value = _odd | st.text(max_size=8) | st.floats() | st.integers(-(2**31), 2**31) | st.lists(_odd)
_groups = [f"preferences/{field.name}" for field in fields(Preferences)]
_groups += [f"overlay/{field.name}" for field in fields(OverlayStyle)]
_groups += ["overlay/visible", "model/name", "model/device", "model/prior"]


@settings(max_examples=examples(40), deadline=None, suppress_health_check=_unhurried)
@given(entries=st.dictionaries(st.sampled_from(_groups), _value, max_size=6))
def test_any_settings_are_loaded_as_far_as_they_are_sound(
    tmp_path: Path, entries: dict[str, object]
) -> None:
    stored = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    stored.clear()
    for key, value in entries.items():
        stored.setValue(key, value)
    preferences = load_preferences(stored)
    assert preferences.rate_hz > 0
    state = ViewerState()
    load_choices(stored, state)
    assert 0 <= state.overlay.style.opacity <= 1
    assert load_model(stored).model


@settings(max_examples=examples(30), deadline=None, suppress_health_check=_unhurried)
@given(content=st.binary(max_size=120) | st.text(max_size=60).map(lambda text: text.encode()))
def test_a_file_of_settings_may_hold_anything(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "s.ini"
    file.write_bytes(b"[preferences]\nrate_hz=" + content)
    stored = QSettings(str(file), QSettings.Format.IniFormat)
    assert load_preferences(stored).rate_hz > 0


_SOUND = {
    "projection": None,
    "rate_hz": 5.0,
    "choice": {"model": "fast"},
    "style": {},
    "planner": {},
    "keys": [],
    "areas": [],
    "span": {},
    "size": [1280, 720],
    "path_format": "csv",
}
_json = st.recursive(
    st.sampled_from([0, -1, 1e999, float("nan"), True, None, "x", "\0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([f.name for f in fields(PlannerOptions)] + ["x"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=_unhurried)
@given(changes=st.dictionaries(st.sampled_from(sorted(_SOUND)), _json, max_size=3))
def test_a_saved_export_is_one_or_is_refused_in_words(changes: dict[str, object]) -> None:
    stored = json.loads(json.dumps({**_SOUND, **changes}))
    said = ""
    try:
        request_of(ExportJob("overlay", Path("a.mp4"), Path("b.mp4"), stored), None)
    except ExportError as error:
        said = str(error)
    assert "\n" not in said
    assert not said or "remove it and export again" in said


def test_a_sound_export_is_read() -> None:
    assert request_of(ExportJob("overlay", Path("a"), Path("b.mp4"), _SOUND), None).size == (
        1280,
        720,
    )
