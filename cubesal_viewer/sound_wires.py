"""Connects the sound with its control, and remembers how loud it was."""

from __future__ import annotations

from PySide6.QtCore import QSettings

from cubesal_viewer.playback.sound import Sound
from cubesal_viewer.widgets.volume_control import VolumeControl

__all__ = ["wire_sound"]


def wire_sound(sound: Sound, control: VolumeControl, settings: QSettings) -> None:
    """Let the control show and change the sound; begin as loud as the last time."""
    try:
        sound.volume = min(max(float(str(settings.value("sound/volume", 1.0))), 0.0), 1.0)
    except ValueError:
        sound.volume = 1.0
    sound.is_muted = str(settings.value("sound/muted")).lower() == "true"

    def show() -> None:
        control.show_sound(sound.volume, sound.is_muted, sound.silent_because)
        settings.setValue("sound/volume", sound.volume)
        settings.setValue("sound/muted", sound.is_muted)

    sound.changed.connect(show)
    control.volume_wanted.connect(sound.set_volume)
    control.mute_toggled.connect(sound.toggle_muted)
    show()
