"""The tab of areas: draw, and a row for each with what it holds now and over the clip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

__all__ = ["AreaView"]


class AreaView(QWidget):
    """Shows rows and emits what is asked for; ``renamed`` with row and name."""

    draw_asked = Signal(str)
    remove_asked = Signal(int)
    table_asked = Signal()
    renamed = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._polygon = QPushButton(self.tr("Polygon"))
        self._polygon.setAccessibleName(self.tr("Draw polygon"))
        self._circle = QPushButton(self.tr("Circle"))
        self._circle.setAccessibleName(self.tr("Draw circle"))
        self._remove = QPushButton(self.tr("Remove"))
        self._remove.setAccessibleName(self.tr("Remove the chosen area"))
        self._save = QPushButton(self.tr("Save…"))
        self._save.setAccessibleName(self.tr("Save areas"))
        self._hint = QLabel()
        self._hint.setWordWrap(True)
        self.table = self._make_table()
        top = QHBoxLayout()
        for widget in (self._polygon, self._circle, self._remove):
            top.addWidget(widget)
        top.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self._hint, 1)
        below.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(below)
        column.addWidget(self.table, 1)
        self._polygon.clicked.connect(lambda: self.draw_asked.emit("polygon"))
        self._circle.clicked.connect(lambda: self.draw_asked.emit("circle"))
        self._remove.clicked.connect(lambda: self.remove_asked.emit(self.table.currentRow()))
        self._save.clicked.connect(self.table_asked)
        self.table.itemChanged.connect(self._on_edited)
        self.set_rows([])
        self.set_drawing("")

    def set_drawing(self, shape: str) -> None:
        """Say what the hands do while a shape is drawn; empty for none."""
        hints = {
            "polygon": self.tr(
                "Click corners on the sphere; Enter or a double click closes, Backspace takes one "
                "back, Esc gives up."
            ),
            "circle": self.tr(
                "Press in the middle of the area and drag to its edge; Esc gives up."
            ),
        }
        self._hint.setText(hints.get(shape, ""))
        self._hint.setVisible(shape in hints)

    def set_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show name, share now, share over the clip, first peak, dwell of each; emits nothing."""
        self.table.blockSignals(True)
        self.table.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                self._set_cell(row, column, text)
        self.table.blockSignals(False)
        self._remove.setEnabled(bool(rows))
        self._save.setEnabled(bool(rows))

    def _set_cell(self, row: int, column: int, text: str) -> None:
        item = self.table.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            if column:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                item.setTextAlignment(right)
            self.table.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 5)
        table.setAccessibleName(self.tr("Areas"))
        heads = (
            self.tr("Area"),
            self.tr("Now"),
            self.tr("Clip"),
            self.tr("First peak"),
            self.tr("Dwell"),
        )
        table.setHorizontalHeaderLabels(list(heads))
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        return table

    def _on_edited(self, item: QTableWidgetItem) -> None:
        if item.column() == 0:
            self.renamed.emit(item.row(), item.text())
