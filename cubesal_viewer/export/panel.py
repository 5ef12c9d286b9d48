"""The export queue as people see it: what is being written, what waits, and the hands on it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cubesal.exporting import Entry

__all__ = ["ExportPanel"]

_PARTS = 1000


class _Row(QWidget):
    """One export: its name, how it stands, how far it is, and a button to take it back."""

    cancelled = Signal(int)
    retried = Signal(int)

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry
        self._name, self._state, self._bar = QLabel(), QLabel(), QProgressBar()
        self._state.setWordWrap(True)
        self._bar.setRange(0, _PARTS)
        self._bar.setTextVisible(False)
        self._button = QToolButton()
        self._button.clicked.connect(self._on_clicked)
        line = QHBoxLayout()
        line.addWidget(self._name, 1)
        line.addWidget(self._button)
        rows = QVBoxLayout(self)
        rows.addLayout(line)
        rows.addWidget(self._bar)
        rows.addWidget(self._state)
        self.show_entry(entry)

    def show_entry(self, entry: Entry) -> None:
        """Show how the export stands now."""
        self.entry = entry
        words = {
            "waiting": self.tr("waiting"),
            "running": self.tr("being written"),
            "done": self.tr("done"),
            "failed": entry.message,
            "cancelled": self.tr("cancelled"),
        }
        self._name.setText(entry.job.out.name)
        self._name.setToolTip(str(entry.job.out))
        self._state.setText(words[entry.state])
        self._bar.setVisible(entry.state == "running")
        self._button.setVisible(entry.state != "done")
        self._button.setText(self.tr("Cancel") if entry.is_open else self.tr("Try again"))
        self._button.setAccessibleName(f"{self._button.text()}: {entry.job.out.name}")

    def show_progress(self, done: int, total: int) -> None:
        """Move the bar."""
        self._bar.setValue(round(_PARTS * done / total) if total else 0)

    def _on_clicked(self) -> None:
        signal = self.cancelled if self.entry.is_open else self.retried
        signal.emit(self.entry.number)


class ExportPanel(QWidget):
    """A row for each export, in order; emits intent, and never writes back what it is shown."""

    cancelled = Signal(int)
    retried = Signal(int)
    paused = Signal(bool)
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[int, _Row] = {}
        self._hint = QLabel(self.tr("No exports yet."))
        self._pause = QPushButton(self.tr("Pause"))
        self._pause.setCheckable(True)
        self._pause.toggled.connect(self._on_pause)
        self._clear = QPushButton(self.tr("Remove finished"))
        self._clear.clicked.connect(self.cleared)
        self._clear.setAccessibleName(self.tr("Remove finished exports from the list"))
        buttons = QHBoxLayout()
        buttons.addWidget(self._pause)
        buttons.addWidget(self._clear)
        inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.addWidget(self._hint)
        layout.addWidget(area, 1)
        layout.addLayout(buttons)
        self.show_entries(())
        self.show_paused(False)

    @property
    def rows(self) -> list[Entry]:
        """What is shown, in order."""
        return [row.entry for row in self._rows.values()]

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these exports and no others."""
        for number in self._rows.keys() - {entry.number for entry in entries}:
            row = self._rows.pop(number)
            self._list.removeWidget(row)
            row.deleteLater()
        for entry in entries:
            if entry.number in self._rows:
                self._rows[entry.number].show_entry(entry)
            else:
                self._add(entry)
        self._hint.setVisible(not entries)
        self._pause.setEnabled(self._pause.isChecked() or any(e.is_open for e in entries))
        self._clear.setEnabled(any(not e.is_open for e in entries))

    def show_progress(self, number: int, done: int, total: int) -> None:
        """Move the bar of one export."""
        if number in self._rows:
            self._rows[number].show_progress(done, total)

    def show_paused(self, is_paused: bool) -> None:
        """Show whether the queue stands still."""
        self._pause.blockSignals(True)
        self._pause.setChecked(is_paused)
        self._pause.blockSignals(False)
        self._pause.setText(self.tr("Go on") if is_paused else self.tr("Pause"))
        self._pause.setAccessibleName(
            self.tr("Go on with exports") if is_paused else self.tr("Pause exports")
        )

    def _add(self, entry: Entry) -> None:
        row = _Row(entry)
        row.cancelled.connect(self.cancelled)
        row.retried.connect(self.retried)
        self._rows[entry.number] = row
        self._list.insertWidget(self._list.count() - 1, row)

    def _on_pause(self, is_paused: bool) -> None:
        self.show_paused(is_paused)
        self.paused.emit(is_paused)
