"""What is remembered from one start to the next, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QSettings

from cubesal.model_list import available_models
from cubesal.overlay import COLORMAPS, OverlayStyle
from cubesal_viewer.state import ModelChoice, Overlay, ViewerState

__all__ = ["application_settings", "load_choices", "load_model", "save_model", "save_overlay"]


_STYLE_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "range_mode": str,
    "top": float,
    "inverted": lambda text: text == "true",
    "contours": lambda text: tuple(map(float, text.split())),
    "smoothing": float,
}


def application_settings() -> QSettings:
    """Settings of the person who runs the application."""
    return QSettings("cubesal-viewer", "cubesal-viewer")


def load_choices(settings: QSettings, state: ViewerState) -> None:
    """Restore overlay and model; whatever is missing or damaged keeps its default."""
    style = OverlayStyle()
    colormap = str(settings.value("overlay/colormap", style.colormap))
    if colormap in COLORMAPS:
        style = replace(style, colormap=colormap)
    opacity = _share(settings.value("overlay/opacity"), style.opacity)
    threshold = _share(settings.value("overlay/threshold"), style.threshold)
    style = replace(style, opacity=opacity, threshold=threshold)
    for name, read in _STYLE_READERS.items():
        saved = settings.value(f"overlay/{name}")
        try:
            style = style if saved is None else replace(style, **{name: read(str(saved))})
        except ValueError:
            continue  # damaged, or of another version
    state.set_overlay(Overlay(style))
    state.set_model(load_model(settings))


def load_model(settings: QSettings) -> ModelChoice:
    """The model that was chosen last; an unknown one is the default."""
    choice = ModelChoice()
    model = str(settings.value("model/name", choice.model))
    if model not in {known.name for known in available_models()}:
        model = choice.model
    prior = {"true": True, "false": False}.get(str(settings.value("model/prior")).lower())
    return replace(choice, model=model, prior=prior)


def save_overlay(settings: QSettings, overlay: Overlay) -> None:
    """Keep the overlay's style for the next start."""
    style = overlay.style
    settings.setValue("overlay/colormap", style.colormap)
    settings.setValue("overlay/opacity", style.opacity)
    settings.setValue("overlay/threshold", style.threshold)
    settings.setValue("overlay/range_mode", style.range_mode)
    settings.setValue("overlay/top", style.top)
    settings.setValue("overlay/inverted", str(style.inverted).lower())
    settings.setValue("overlay/contours", " ".join(map(str, style.contours)))
    settings.setValue("overlay/smoothing", style.smoothing)


def save_model(settings: QSettings, choice: ModelChoice) -> None:
    """Keep the model that the person chose for the next start; the device is not kept."""
    settings.setValue("model/name", choice.model)
    if choice.prior is None:
        settings.remove("model/prior")
    else:
        settings.setValue("model/prior", choice.prior)


def _share(value: object, default: float) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return default
    return number if 0.0 <= number <= 1.0 else default
