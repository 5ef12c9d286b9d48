"""What the person prefers: one frozen value, and its form in the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, get_args

from PySide6.QtCore import QSettings

from cubesal.analysis import DEFAULT_RATE_HZ

__all__ = ["RATES_HZ", "RESUME_S", "Preferences", "Theme", "load_preferences", "save_preferences"]

Theme = Literal["system", "dark", "light"]

#: Lowest and highest rate of maps that can be asked for, per second of file time.
RATES_HZ: Final = (1.0, 15.0)
#: Shortest and longest wait before the autopilot takes over again, seconds.
RESUME_S: Final = (1.0, 120.0)


@dataclass(frozen=True)
class Preferences:
    """How the application behaves towards this person, whatever is open.

    ``resume_s``: seconds without steering after which the autopilot takes over again, None: never.
    ``rate_hz``: maps per second of file time, where a document does not say otherwise.
    ``proxies``: whether clips above 4K get a proxy by which they are played.
    """

    invert_drag: bool = False
    inertia: bool = False
    resume_s: float | None = None
    rate_hz: float = DEFAULT_RATE_HZ
    show_stale: bool = True
    theme: Theme = "system"
    proxies: bool = True

    def __post_init__(self) -> None:
        """Refuse what no part of the application can do. ValueError."""
        if self.resume_s is not None and not RESUME_S[0] <= self.resume_s <= RESUME_S[1]:
            raise ValueError(f"resume_s must be within {RESUME_S}, not {self.resume_s}")
        if not RATES_HZ[0] <= self.rate_hz <= RATES_HZ[1]:
            raise ValueError(f"rate_hz must be within {RATES_HZ}, not {self.rate_hz}")
        if self.theme not in get_args(Theme):
            raise ValueError(f"theme must be one of {get_args(Theme)}, not {self.theme!r}")


def load_preferences(settings: QSettings) -> Preferences:
    """Read them; whatever is missing or damaged keeps its default."""
    preferences = Preferences()
    for name, read in _READERS.items():
        saved = settings.value(f"preferences/{name}")
        if saved is None:
            continue
        try:
            preferences = replace(preferences, **{name: read(str(saved))})
        except ValueError:
            continue
    return preferences


def save_preferences(settings: QSettings, preferences: Preferences) -> None:
    """Keep what differs from the defaults, so that better defaults reach everybody else."""
    default = Preferences()
    for field in fields(preferences):
        key, value = f"preferences/{field.name}", getattr(preferences, field.name)
        if value == getattr(default, field.name):
            settings.remove(key)
        else:
            settings.setValue(key, "never" if value is None else str(value).lower())


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "invert_drag": _truth,
    "inertia": _truth,
    "resume_s": lambda text: None if text == "never" else float(text),
    "rate_hz": float,
    "show_stale": _truth,
    "theme": str,
    "proxies": _truth,
}
