"""The pages of the preferences dialog but for the keys: looking, analysis, appearance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QWidget,
)

from cubesal_viewer.preferred import RATES_HZ, RESUME_S, Preferences

__all__ = ["AnalysisPage", "AppearancePage", "LookingPage", "Page"]

#: What the idle time starts from when somebody asks for it, seconds.
_RESUME_FIRST_S = 5.0


class Page(QWidget):
    """Part of the preferences.  ``edited`` carries the whole value with the part changed."""

    edited = Signal(object)
    #: The fields of :class:`Preferences` that this page shows.
    fields: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self._preferences = Preferences()
        self._form = QFormLayout(self)
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(12)
        self._form.setContentsMargins(18, 18, 18, 18)

    def set_preferences(self, preferences: Preferences) -> None:
        """Show these; emits nothing."""
        self._preferences = preferences
        widgets = self.findChildren(QWidget)
        for widget in widgets:
            widget.blockSignals(True)
        self._show()
        for widget in widgets:
            widget.blockSignals(False)

    def restore(self) -> None:
        """Ask for the defaults of this page."""
        default = Preferences()
        self._edit(**{name: getattr(default, name) for name in self.fields})

    def _show(self) -> None:
        raise NotImplementedError

    def _edit(self, **changes: Any) -> None:
        self.edited.emit(replace(self._preferences, **changes))

    def _explain(self, text: str) -> None:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setEnabled(False)
        self._form.addRow(label)


class LookingPage(Page):
    """How drags turn the view, and when the autopilot takes it back."""

    fields = ("invert_drag", "inertia", "resume_s", "proxies")

    def __init__(self) -> None:
        super().__init__()
        self._invert = QCheckBox(self.tr("Invert drag"))
        self._invert.toggled.connect(lambda on: self._edit(invert_drag=on))
        self._inertia = QCheckBox(self.tr("Glide on after a drag"))
        self._inertia.toggled.connect(lambda on: self._edit(inertia=on))
        self._resumes = QCheckBox(self.tr("Autopilot takes over again after"))
        self._resumes.toggled.connect(self._on_resumes)
        self._after = QDoubleSpinBox(decimals=0, minimum=RESUME_S[0], maximum=RESUME_S[1])
        self._after.setValue(_RESUME_FIRST_S)
        self._after.setSuffix(self.tr(" s"))
        self._after.setAccessibleName(self.tr("Seconds until the autopilot takes over again"))
        self._after.valueChanged.connect(lambda seconds: self._edit(resume_s=seconds))
        self._proxies = QComboBox()
        self._proxies.setAccessibleName(self.tr("Proxies for clips above 4K"))
        self._proxies.addItem(self.tr("Automatically"), True)
        self._proxies.addItem(self.tr("Never"), False)
        self._proxies.currentIndexChanged.connect(
            lambda: self._edit(proxies=bool(self._proxies.currentData()))
        )
        self._lay_out()

    def _lay_out(self) -> None:
        again = QHBoxLayout()
        again.setSpacing(8)
        again.addWidget(self._resumes)
        again.addWidget(self._after)
        again.addStretch(1)
        self._form.addRow(self._invert)
        self._explain(self.tr("A drag moves the view instead of the picture under the mouse."))
        self._form.addRow(self._inertia)
        self._explain(self.tr("A view let go while it turns comes to rest by itself."))
        self._form.addRow(again)
        self._explain(
            self.tr("Without steering for so long. Who turns the autopilot off keeps it off.")
        )
        self._form.addRow(self.tr("Proxies for clips above 4K"), self._proxies)
        self._explain(
            self.tr(
                "A smaller copy by which they play smoothly. Paused pictures, analysis and exports "
                "are always from the clip itself."
            )
        )

    def _on_resumes(self, on: bool) -> None:
        self._edit(resume_s=self._after.value() if on else None)

    def _show(self) -> None:
        preferences = self._preferences
        self._invert.setChecked(preferences.invert_drag)
        self._proxies.setCurrentIndex(self._proxies.findData(preferences.proxies))
        self._inertia.setChecked(preferences.inertia)
        self._resumes.setChecked(preferences.resume_s is not None)
        self._after.setEnabled(preferences.resume_s is not None)
        if preferences.resume_s is not None:
            self._after.setValue(preferences.resume_s)


class AnalysisPage(Page):
    """How often a map is made, and what is shown where there is none."""

    fields = ("rate_hz", "show_stale")

    def __init__(self) -> None:
        super().__init__()
        self._rate = QDoubleSpinBox(decimals=1, minimum=RATES_HZ[0], maximum=RATES_HZ[1])
        self._rate.setSuffix(self.tr(" Hz"))
        self._rate.setAccessibleName(self.tr("Maps per second of the clip"))
        # Every value on the way would begin the analysis of the open clip anew.
        self._rate.setKeyboardTracking(False)
        self._rate.valueChanged.connect(lambda rate_hz: self._edit(rate_hz=rate_hz))
        self._stale = QComboBox()
        self._stale.setAccessibleName(self.tr("Where a moment is not analysed yet"))
        self._stale.addItem(self.tr("Show the map of the moment before, marked as stale"), True)
        self._stale.addItem(self.tr("Show no map"), False)
        self._stale.currentIndexChanged.connect(
            lambda: self._edit(show_stale=bool(self._stale.currentData()))
        )
        self._form.addRow(self.tr("Maps per second"), self._rate)
        self._explain(
            self.tr(
                "Between them maps are interpolated. Another rate begins the analysis of the open "
                "clip anew; maps made before are kept for when you return to theirs."
            )
        )
        self._form.addRow(self.tr("Not analysed yet"), self._stale)

    def _show(self) -> None:
        self._rate.setValue(self._preferences.rate_hz)
        self._stale.setCurrentIndex(self._stale.findData(self._preferences.show_stale))


class AppearancePage(Page):
    """Dark, light, or as the system."""

    fields = ("theme",)

    def __init__(self) -> None:
        super().__init__()
        self._theme = QComboBox()
        self._theme.setAccessibleName(self.tr("Theme"))
        self._theme.addItem(self.tr("Follow the system"), "system")
        self._theme.addItem(self.tr("Dark"), "dark")
        self._theme.addItem(self.tr("Light"), "light")
        self._theme.currentIndexChanged.connect(
            lambda: self._edit(theme=self._theme.currentData(Qt.ItemDataRole.UserRole))
        )
        self._form.addRow(self.tr("Theme"), self._theme)

    def _show(self) -> None:
        self._theme.setCurrentIndex(self._theme.findData(self._preferences.theme))
