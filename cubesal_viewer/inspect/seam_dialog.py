"""The seam and pole inspector: cube padding beside zero padding, face by face, edge by edge."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cubesal.inspection import QUANTITIES, Quantity, SeamReport
from cubesal_viewer.inspect.faces_view import FacesView

__all__ = ["SeamDialog"]


class SeamDialog(QDialog):
    """Emits ``asked`` for the present frame by the present choices, and ``table_asked``."""

    asked = Signal()
    table_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Seams and poles"))
        self._quantity = QComboBox()
        self._quantity.setAccessibleName(self.tr("What the faces show"))
        names = {"features": self.tr("features"), "saliency": self.tr("saliency map")}
        for quantity in QUANTITIES:
            self._quantity.addItem(names[quantity], quantity)
        self._turned = QCheckBox(self.tr("Turn the sphere by 30°"))
        self._turned.setToolTip(
            self.tr("A step that the picture itself has at an edge then lies elsewhere")
        )
        self._again = QPushButton(self.tr("Look at this frame"))
        self._save = QPushButton(self.tr("Save edges…"))
        self._status = QLabel()
        self._heads = QLabel(), QLabel()
        self.cube = FacesView(self.tr("Faces with cube padding"))
        self.zero = FacesView(self.tr("Faces with zero padding"))
        self.table = self._make_table()
        self._lay_out()
        self._again.clicked.connect(self.asked)
        self._save.clicked.connect(self.table_asked)
        self._quantity.currentIndexChanged.connect(lambda _index: self.asked.emit())
        self._turned.toggled.connect(lambda _on: self.asked.emit())
        self.set_report(None)
        self.resize(1160, 560)

    @property
    def quantity(self) -> Quantity:
        """What the faces are to show."""
        return QUANTITIES[self._quantity.currentIndex()]

    @property
    def turned(self) -> bool:
        """Whether the sphere is to be turned before."""
        return self._turned.isChecked()

    def set_busy(self, words: str) -> None:
        """Say what is being done, or nothing."""
        self._status.setText(words)
        self._again.setEnabled(not words)

    def set_report(self, report: SeamReport | None) -> None:
        """Show what was found; emits nothing."""
        self._save.setEnabled(report is not None)
        heads = (self.tr("Cube padding"), self.tr("Zero padding"))
        sides = (None, None) if report is None else (report.cube, report.zero)
        for view, label, words, side in zip(
            (self.cube, self.zero), self._heads, heads, sides, strict=True
        ):
            view.set_side(side, 1.0 if report is None else report.peak)
            mean = (
                ""
                if side is None
                else self.tr(" · edges %1").replace("%1", f"{side.mean_ratio:.2f}")
            )
            label.setText(words + mean)
        self._fill(report)

    def _fill(self, report: SeamReport | None) -> None:
        self.table.setRowCount(0 if report is None else len(report.cube.ratios))
        if report is None:
            return
        for row, (edge, ratio) in enumerate(report.cube.ratios.items()):
            name = "–".join(face.name.lower() for face in edge)
            for column, text in enumerate(
                (name, f"{ratio:.2f}", f"{report.zero.ratios[edge]:.2f}")
            ):
                item = QTableWidgetItem(text)
                if column:
                    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    item.setTextAlignment(right)
                self.table.setItem(row, column, item)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 3)
        table.setAccessibleName(self.tr("Step at each edge of the cube"))
        heads = (self.tr("Edge"), self.tr("Cube"), self.tr("Zero"))
        table.setHorizontalHeaderLabels(list(heads))
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.setFixedWidth(250)
        table.setToolTip(
            self.tr(
                "Features: how far two faces are apart about the edge that they share, over the "
                "difference of neighbouring cells. Saliency map: step across the edge, over the "
                "mean step inside the faces; 1 is no edge to see."
            )
        )
        return table

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for widget in (self._quantity, self._turned, self._again, self._save, self._status):
            top.addWidget(widget)
        top.addStretch(1)
        body = QGridLayout()
        for column, (label, view) in enumerate(
            zip(self._heads, (self.cube, self.zero), strict=True)
        ):
            body.addWidget(label, 0, column)
            body.addWidget(view, 1, column)
            body.setColumnStretch(column, 1)
        body.addWidget(QLabel(self.tr("Each edge, beside inside the faces")), 0, 2)
        body.addWidget(self.table, 1, 2)
        body.setRowStretch(1, 1)
        note = QLabel(
            self.tr(
                "The frame in each picture is the face; what lies outside of it are the rows that "
                "the next layer sees beyond its edges."
            )
        )
        note.setWordWrap(True)
        column_layout = QVBoxLayout(self)
        column_layout.addLayout(top)
        column_layout.addLayout(body, 1)
        column_layout.addWidget(note)
