"""Text of both themes stands out from what is behind it: WCAG 2 contrast of at least 4.5 to 1."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from cubesal_viewer.inspect.curves import CurvePlot
from cubesal_viewer.preferred import Theme
from cubesal_viewer.theme import palette_of, style_sheet_of
from cubesal_viewer.widgets.curve_colours import NAMES, curve_colour
from cubesal_viewer.widgets.timeline import Timeline

LEAST = 4.5
THEMES: tuple[Theme, ...] = ("dark", "light")
ROLE, GROUP = QPalette.ColorRole, QPalette.ColorGroup

#: Text on each of the grounds that it is written on.
PAIRS = [
    *product((ROLE.WindowText,), (ROLE.Window, ROLE.Base, ROLE.Button)),
    *product((ROLE.Text, ROLE.PlaceholderText, ROLE.Link), (ROLE.Base, ROLE.AlternateBase)),
    (ROLE.ButtonText, ROLE.Button),
    (ROLE.ToolTipText, ROLE.ToolTipBase),
    (ROLE.HighlightedText, ROLE.Highlight),
    (ROLE.BrightText, ROLE.Window),
]


def luminance(colour: QColor) -> float:
    """Relative luminance in [0, 1], as WCAG 2 defines it for sRGB."""

    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(v) for v in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_that_of_wcag() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.005)
    assert contrast(QColor("red"), QColor("red")) == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("group", [GROUP.Active, GROUP.Inactive, GROUP.Disabled])
def test_the_palettes_text_stands_out(qtbot: QtBot, theme: Theme, group: QPalette) -> None:
    palette = palette_of(theme)
    for text, ground in PAIRS:
        ratio = contrast(palette.color(group, text), palette.color(group, ground))
        assert ratio >= LEAST, f"{theme}: {text} on {ground} in {group} has {ratio:.2f}"


def rules(sheet: str) -> list[tuple[str, dict[str, str]]]:
    """Selectors and declarations of a style sheet without comments."""
    plain = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found = []
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", plain):
        pairs = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+);", body))
        found += [(selector.strip(), pairs) for selector in selectors.split(",")]
    return found


def coloured(found: list[tuple[str, dict[str, str]]], theme: Theme) -> list[tuple[str, str, str]]:
    """(selector, colour, ground) of every rule that sets a text's colour or its ground.

    What a rule leaves out is that of the same control without its state, else the palette's.
    """
    base: dict[str, dict[str, str]] = {}
    for selector, pairs in found:
        base.setdefault(selector, {}).update(pairs)
    palette = palette_of(theme)
    window, text = (palette.color(role).name() for role in (ROLE.Window, ROLE.WindowText))
    result = []
    for selector, pairs in base.items():
        plain = base.get(re.sub(r"(?<!:):(?!:)[\w-]+", "", selector).split(" ")[0], {})
        colour = pairs.get("color", plain.get("color", text))
        ground = pairs.get("background", plain.get("background", window))
        ground = window if ground == "transparent" else ground
        if {"color", "background"} & set(pairs) and "::" not in selector.replace("::item", ""):
            result.append((selector, colour, ground))
        if "selection-color" in pairs:
            result.append((selector, pairs["selection-color"], pairs["selection-background-color"]))
    return result


#: Bars and lines hold no text.
TEXTLESS = ("QSplitter", "QMainWindow::", "QProgressBar", "QMenu::separator")


@pytest.mark.parametrize("theme", THEMES)
def test_the_style_sheets_text_stands_out(qtbot: QtBot, theme: Theme) -> None:
    checked = 0
    for selector, colour, ground in coloured(rules(style_sheet_of(theme)), theme):
        if selector.startswith(TEXTLESS):
            continue
        checked += 1
        ratio = contrast(QColor(colour), QColor(ground))
        assert ratio >= LEAST, f"{theme}: {selector} has {ratio:.2f} ({colour} on {ground})"
    assert checked > 15


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", NAMES)
def test_curves_and_marks_stand_out(qtbot: QtBot, theme: Theme, name: str) -> None:
    palette = palette_of(theme)
    ratio = contrast(curve_colour(name, palette), palette.color(ROLE.Window))
    assert ratio >= 3, f"{theme}: {name} has {ratio:.2f}"


def test_curves_change_with_the_theme(qtbot: QtBot) -> None:
    timeline, plot = Timeline(), CurvePlot("curves")
    for widget in (timeline, plot):
        qtbot.addWidget(widget)
    plot.set_curves([(np.arange(2.0), np.arange(2.0))] * 6)
    seen = set()
    for theme in THEMES:
        timeline.setPalette(palette_of(theme))
        plot.setPalette(palette_of(theme))
        ground = palette_of(theme).color(ROLE.Window)
        items = [*timeline.getPlotItem().listDataItems(), *plot.getPlotItem().listDataItems()]
        curves = [item for item in items if isinstance(item, pg.PlotDataItem)]
        pens = [item.opts["pen"].color() for item in curves]
        assert len(pens) == 10
        assert all(contrast(pen, ground) >= 3 for pen in pens)
        seen.add(tuple(pen.name() for pen in pens))
    assert len(seen) == 2
