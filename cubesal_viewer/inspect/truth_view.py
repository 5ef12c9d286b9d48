"""The tab of ground truth: open, curves of a metric, values now, worst frames, difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cubesal.inspection import METRICS, Metric
from cubesal_viewer.inspect.curves import CurvePlot
from cubesal_viewer.widgets.elided_label import ElidedLabel

__all__ = ["METRIC_NAMES", "TruthView"]

METRIC_NAMES: Final[dict[Metric, str]] = {
    "cc": "CC",
    "sim": "SIM",
    "kld": "KLD",
    "nss": "NSS",
    "auc": "AUC",
}


class TruthView(QWidget):
    """Shows what it is given and emits what is asked for."""

    open_asked = Signal()
    close_asked = Signal()
    worst_asked = Signal()
    table_asked = Signal()
    metric_chosen = Signal(str)
    difference_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open = QPushButton(self.tr("Open…"))
        self._open.setAccessibleName(self.tr("Open ground truth"))
        self._close = QPushButton(self.tr("Close"))
        self._close.setAccessibleName(self.tr("Close ground truth"))
        self._worst = QPushButton(self.tr("Next worst"))
        self._worst.setAccessibleName(self.tr("Next worst frame"))
        self._table = QPushButton(self.tr("Save…"))
        self._table.setAccessibleName(self.tr("Save metric curves"))
        self._difference = QCheckBox(self.tr("Difference"))
        self._difference.setAccessibleName(self.tr("Difference map"))
        self._difference.setToolTip(
            self.tr(
                "Orange: the model sees more than people did; violet: people looked, it did not"
            )
        )
        self._metric = QComboBox()
        self._metric.setAccessibleName(self.tr("Metric"))
        for metric in METRICS:
            self._metric.addItem(METRIC_NAMES[metric], metric)
        self._name = ElidedLabel()
        self._values = QLabel()
        self._values.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._values.setAccessibleName(self.tr("Metrics at this moment"))
        self.curves = CurvePlot(self.tr("Metric over time"))
        self._lay_out()
        for button, signal in (
            (self._open, self.open_asked),
            (self._close, self.close_asked),
            (self._worst, self.worst_asked),
            (self._table, self.table_asked),
        ):
            button.clicked.connect(signal)
        self._difference.toggled.connect(self.difference_toggled)
        self._metric.currentIndexChanged.connect(
            lambda _index: self.metric_chosen.emit(self.chosen_metric)
        )
        self.set_truth(None)
        self.set_values({}, {})

    @property
    def chosen_metric(self) -> Metric:
        """The metric that is drawn."""
        return METRICS[self._metric.currentIndex()]

    def set_truth(self, name: str | None, busy: bool = False) -> None:
        """Say what is open, or what may be opened; emits nothing."""
        hint = self.tr(
            "Drop fixations (CSV, npz), maps (npz) or a Wild-360 folder here to compare with them."
        )
        self._name.setWordWrap(name is None)
        self._name.setText(name or hint)
        for widget in (self._worst, self._table, self._difference, self._metric):
            widget.setEnabled(name is not None and not busy)
        for widget in (self._close, self._table):
            widget.setVisible(name is not None)
        self.curves.setVisible(name is not None)
        self._values.setVisible(name is not None)

    def set_difference(self, on: bool) -> None:
        """Show whether the difference map is on; emits nothing."""
        self._difference.blockSignals(True)
        self._difference.setChecked(on)
        self._difference.blockSignals(False)

    def set_values(self, now: Mapping[Metric, float], means: Mapping[Metric, float]) -> None:
        """The metrics of the moment on show and their means over the clip; empty if unknown."""
        words = (self.tr("now"), self.tr("mean"))
        head = "".join(f"<td align='right'>&nbsp;&nbsp;{word}</td>" for word in words)
        rows = "".join(
            f"<tr><td>{METRIC_NAMES[m]}</td>{_cell(now, m)}{_cell(means, m)}</tr>" for m in METRICS
        )
        self._values.setText(f"<table><tr><td></td>{head}</tr>{rows}</table>")

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._open)
        top.addWidget(self._name, 1)
        top.addWidget(self._close)
        top.addWidget(self._table)
        hands = QHBoxLayout()
        for widget in (self._metric, self._worst, self._difference):
            hands.addWidget(widget)
        hands.addStretch(1)
        body = QHBoxLayout()
        body.addWidget(self.curves, 1)
        body.addWidget(self._values, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(hands)
        column.addLayout(body, 1)


def _cell(values: Mapping[Metric, float], metric: Metric) -> str:
    value = values.get(metric)
    text = "–" if value is None or value != value else f"{value:.2f}"
    return f"<td align='right'>&nbsp;&nbsp;{text}</td>"
