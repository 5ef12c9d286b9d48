"""The dialog in which exports are put together: what, in which shapes, how coded, what burnt in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cubesal.exporting import PATH_FORMATS, Burn, Encoding
from cubesal.video.encoders import ENCODERS, QUALITY_WORDS
from cubesal_viewer.export.wishes import ASPECTS, ExportWish, size_of

__all__ = ["ExportDialog"]

_GAP = 16
_SHORT_SIDES = (480, 720, 1080, 1440, 2160)
_CODEC_NAMES = {"h264": "H.264", "hevc": "H.265", "av1": "AV1", "prores": "ProRes"}


class ExportDialog(QDialog):
    """Emits ``wanted`` with a list of :class:`ExportWish`, one per file."""

    wanted = Signal(object)

    def __init__(
        self,
        clip: Path,
        span_s: tuple[float, float] | None,
        pane: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Export"))
        self._clip, self._pane = clip, pane
        self.nfov = QCheckBox(self.tr("Flat video (NFoV), in"))
        self.nfov.setChecked(True)
        self.aspects = {aspect: QCheckBox(f"{aspect[0]}:{aspect[1]}") for aspect in ASPECTS}
        self.aspects[ASPECTS[0]].setChecked(True)
        self.overlay = QCheckBox(self.tr("Overlay video, as the pane shows it"))
        self.path = QCheckBox(self.tr("Camera path, as"))
        self.formats = {name: QCheckBox(name) for name in PATH_FORMATS}
        self.formats["csv"].setChecked(True)
        self.attention = QCheckBox(self.tr("Attention over time (CSV)"))
        self.side = QComboBox()
        for side in _SHORT_SIDES:
            self.side.addItem(f"{side}", side)
        self.side.setCurrentIndex(_SHORT_SIDES.index(720))
        self.codec = QComboBox()
        for name in ENCODERS:
            self.codec.addItem(_CODEC_NAMES.get(name, name), name)
        self.quality = QComboBox()
        self.hardware = QCheckBox(self.tr("By the graphics hardware, where that works"))
        self.ranged = QCheckBox(self.tr("Only the A–B range"))
        self.ranged.setEnabled(span_s is not None)
        self.ranged.setChecked(span_s is not None)
        self.timecode = QCheckBox(self.tr("Time code"))
        self.legend = QCheckBox(self.tr("Legend"))
        self.outline = QCheckBox(self.tr("Outline of the flat view"))
        self.folder = QLineEdit(str(clip.parent))
        self.complaint = QLabel()
        self.complaint.setWordWrap(True)
        self._lay_out()
        self._name()
        self.codec.currentIndexChanged.connect(self._offer_qualities)
        self._offer_qualities()

    def wishes(self) -> list[ExportWish]:
        """What is chosen now, a file each."""
        codec = self.codec.currentData()
        word = self.quality.currentData()
        encoding = Encoding(codec, word, self.hardware.isChecked())
        video = ENCODERS[codec].suffixes[0]
        wishes = [*self._flat(encoding, video), *self._tables()]
        if self.overlay.isChecked():
            kind = "cube" if self._pane == "cube" else "overlay"
            burn = Burn(
                self.legend.isChecked(), self.timecode.isChecked(), self.outline.isChecked()
            )
            wishes.append(
                ExportWish(
                    "cube" if kind == "cube" else "overlay",
                    self._out(f"_{kind}{video}"),
                    self._first_shape,  # of the view that is outlined
                    encoding,
                    burn=burn,
                    ranged=self.ranged.isChecked(),
                )
            )
        return wishes

    def accept(self) -> None:
        """Ask for the exports, or say what is missing."""
        wishes = self.wishes()
        if not wishes:
            self.complaint.setText(self.tr("Choose at least one thing to export."))
        elif not Path(self.folder.text()).is_dir():
            words = self.tr("%1 is no folder: choose one that exists.")
            self.complaint.setText(words.replace("%1", self.folder.text()))
        elif there := [wish.out.name for wish in wishes if wish.out.exists()]:
            if self._may_overwrite == there:
                self._send(wishes)
                return
            self._may_overwrite = there
            words = self.tr("%1 exists already; press Export again to replace it.")
            self.complaint.setText(words.replace("%1", ", ".join(there)))
        else:
            self._send(wishes)

    _may_overwrite: list[str] | None = None

    def _send(self, wishes: list[ExportWish]) -> None:
        self.wanted.emit(wishes)
        super().accept()

    @property
    def _aspects(self) -> list[tuple[int, int]]:
        """The shapes of flat video that are wanted."""
        boxes = self.aspects.items() if self.nfov.isChecked() else ()
        return [aspect for aspect, box in boxes if box.isChecked()]

    @property
    def _first_shape(self) -> tuple[int, int]:
        """Size of the view that stands for all where a file can show or count only one."""
        return size_of((self._aspects or [ASPECTS[0]])[0], self.side.currentData())

    def _flat(self, encoding: Encoding, suffix: str) -> list[ExportWish]:
        burn = Burn(timecode=self.timecode.isChecked())
        return [
            ExportWish(
                "nfov",
                self._out(f"_nfov_{aspect[0]}x{aspect[1]}{suffix}"),
                size_of(aspect, self.side.currentData()),
                encoding,
                burn,
                ranged=self.ranged.isChecked(),
            )
            for aspect in self._aspects
        ]

    def _tables(self) -> list[ExportWish]:
        """A path for each shape of flat video, for each is planned by itself; attention once."""
        ranged, side = self.ranged.isChecked(), self.side.currentData()
        aspects = self._aspects or [ASPECTS[0]]
        wishes = []
        names = [name for name, box in self.formats.items() if box.isChecked()]
        for aspect in aspects if self.path.isChecked() else ():
            shape = f"_{aspect[0]}x{aspect[1]}" if len(aspects) > 1 else ""
            size = size_of(aspect, side)
            for name in names:
                out = self._out(f"_path{shape}.{name}")
                wishes.append(ExportWish("path", out, size, path_format=name, ranged=ranged))
        if self.attention.isChecked():
            out = self._out("_attention.csv")
            wishes.append(ExportWish("attention", out, self._first_shape, ranged=ranged))
        return wishes

    def _out(self, ending: str) -> Path:
        return Path(self.folder.text()) / f"{self._clip.stem}{ending}"

    def _offer_qualities(self) -> None:
        words = QUALITY_WORDS if ENCODERS[self.codec.currentData()].word_numbers else ()
        self.quality.clear()
        self.quality.addItem(self.tr("usual"), None)
        for word in words:
            self.quality.addItem(word, word)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Folder for the exports"), self.folder.text()
        )
        if chosen:
            self.folder.setText(chosen)

    def _lay_out(self) -> None:
        what = QVBoxLayout()
        what.setSpacing(8)
        for box, choices in (
            (self.nfov, list(self.aspects.values())),
            (self.overlay, []),
            (self.path, list(self.formats.values())),
            (self.attention, []),
        ):
            row = QHBoxLayout()
            row.setSpacing(_GAP)
            row.addWidget(box)
            for choice in choices:
                choice.setEnabled(box.isChecked())
                box.toggled.connect(choice.setEnabled)
                row.addWidget(choice)
            row.addStretch(1)
            what.addLayout(row)
        burn = QHBoxLayout()
        burn.setSpacing(_GAP)
        for box in (self.timecode, self.legend, self.outline):
            burn.addWidget(box)
        burn.addStretch(1)
        folder = QHBoxLayout()
        folder.setSpacing(8)
        folder.addWidget(self.folder, 1)
        choose = QPushButton(self.tr("Choose…"))
        choose.setAccessibleName(self.tr("Choose the folder for the exports"))
        choose.setAutoDefault(False)  # Enter in the field beside it exports
        choose.clicked.connect(self._choose_folder)
        folder.addWidget(choose)
        form = QFormLayout(self)
        form.setHorizontalSpacing(_GAP)
        form.setVerticalSpacing(9)
        form.setContentsMargins(18, 16, 18, 14)
        form.addRow(self.tr("What"), what)
        form.addRow(self.tr("Shorter side"), self.side)
        form.addRow(self.tr("Codec"), self.codec)
        form.addRow(self.tr("Quality"), self.quality)
        form.addRow("", self.hardware)
        form.addRow(self.tr("Burnt in"), burn)
        form.addRow(self.tr("Time"), self.ranged)
        form.addRow(self.tr("Folder"), folder)
        form.addRow(self.complaint)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        export = buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        export.setDefault(True)  # only now does it belong to the dialog, which Enter asks for it

    def _name(self) -> None:
        """Names for those who do not see where a choice stands."""
        for aspect, box in self.aspects.items():
            words = self.tr("Flat video in %1")
            box.setAccessibleName(words.replace("%1", f"{aspect[0]}:{aspect[1]}"))
        for name, box in self.formats.items():
            box.setAccessibleName(self.tr("Camera path as %1").replace("%1", name))
        self.side.setAccessibleName(self.tr("Shorter side of flat pictures in pixels"))
        self.codec.setAccessibleName(self.tr("Codec"))
        self.quality.setAccessibleName(self.tr("Quality"))
        self.folder.setAccessibleName(self.tr("Folder for the exports"))
