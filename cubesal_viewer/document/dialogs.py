"""What is asked about documents: save before leaving, where a clip is, restore after a crash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from cubesal.document import SUFFIX
from cubesal_viewer.document.keeper import MissingClip
from cubesal_viewer.document.recovery import Orphan

__all__ = [
    "Leaving",
    "ask_before_leaving",
    "ask_for_clip",
    "ask_to_restore",
    "choose_document_name",
    "choose_maps",
    "choose_to_open",
]

Leaving = Literal["save", "discard", "cancel"]
_Button = QMessageBox.StandardButton


def _tr(text: str) -> str:
    return QCoreApplication.translate("Documents", text)


def _plain(box: QMessageBox) -> None:
    """No icons on the buttons: only some have one, and none in our colours."""
    for button in box.buttons():
        button.setIcon(QIcon())


def choose_to_open(parent: QWidget, folder: str) -> Path | None:
    """A clip, a picture or a document to open."""
    kinds = [
        _tr("Clips, pictures and documents")
        + f" (*.mp4 *.mov *.mkv *.webm *.jpg *.jpeg *.png *{SUFFIX})",
        _tr("Documents") + f" (*{SUFFIX})",
        _tr("All files") + " (*)",
    ]
    title = _tr("Open a 360° clip or a document")
    chosen, _ = QFileDialog.getOpenFileName(parent, title, folder, ";;".join(kinds))
    return Path(chosen) if chosen else None


def choose_maps(parent: QWidget, folder: str) -> Path | None:
    """A file of maps; a folder of them is dropped onto the window."""
    kinds = ";;".join([_tr("Maps") + " (*.npz *.npy)", _tr("All files") + " (*)"])
    title = _tr("Maps of this clip: an npz, or any npy file of a Wild-360 folder")
    chosen, _ = QFileDialog.getOpenFileName(parent, title, folder, kinds)
    path = Path(chosen)
    if not chosen:
        return None
    return path.parent if path.suffix.lower() == ".npy" else path


def choose_document_name(parent: QWidget, suggestion: Path) -> Path | None:
    """Where to save a document; its suffix is added where it is left out."""
    chosen, _ = QFileDialog.getSaveFileName(
        parent, _tr("Save the document"), str(suggestion), _tr("Documents") + f" (*{SUFFIX})"
    )
    if not chosen:
        return None
    return Path(chosen) if chosen.endswith(SUFFIX) else Path(chosen + SUFFIX)


def ask_before_leaving(parent: QWidget, name: str) -> Leaving:
    """Whether to save what was changed in a document."""
    box = QMessageBox(QMessageBox.Icon.Question, "cubesal-viewer", "", parent=parent)
    box.setText(_tr("Save the changes to %1?").replace("%1", name))
    box.setInformativeText(_tr("Its maps are kept in any case."))
    box.setStandardButtons(_Button.Save | _Button.Discard | _Button.Cancel)
    box.setDefaultButton(_Button.Save)
    _plain(box)
    answers: dict[int, Leaving] = {_Button.Save: "save", _Button.Discard: "discard"}
    answer = answers.get(box.exec(), "cancel")
    box.deleteLater()
    return answer


def ask_for_clip(
    parent: QWidget, missing: MissingClip, then: Callable[[Path | None], None]
) -> None:
    """Where the clip of a document is now; ``then`` brings it, or None if nobody knows."""
    box = QMessageBox(QMessageBox.Icon.Question, "cubesal-viewer", "", parent=parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    words = _tr("The clip of %1 is not where it was: %2.")
    box.setText(words.replace("%1", missing.path.name).replace("%2", missing.name))
    box.setInformativeText(
        missing.problem or _tr("Show where it is now; it is known again by its content.")
    )
    locate = box.addButton(_tr("Find the clip…"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(_Button.Cancel)
    _plain(box)

    def answered() -> None:
        chosen = ""
        if box.clickedButton() is locate:
            title = _tr("Where is %1?").replace("%1", missing.name)
            everything = _tr("All files") + " (*)"
            chosen, _ = QFileDialog.getOpenFileName(
                parent, title, str(missing.path.parent), everything
            )
        then(Path(chosen) if chosen else None)

    box.finished.connect(answered)
    box.open()


def ask_to_restore(parent: QWidget, orphan: Orphan, then: Callable[[bool | None], None]) -> None:
    """Whether to restore a session that died: True, False (discard it), None (ask next time)."""
    box = QMessageBox(QMessageBox.Icon.Question, "cubesal-viewer", "", parent=parent)
    box.setObjectName("recovery")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    name = orphan.document.name if orphan.document else orphan.clip.name
    box.setText(_tr("cubesal-viewer ended unexpectedly while %1 was open.").replace("%1", name))
    box.setInformativeText(
        _tr("Every map that was analysed is kept. Restore the rest from the recovery copy?")
    )
    restore = box.addButton(_tr("Restore"), QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton(_tr("Discard"), QMessageBox.ButtonRole.DestructiveRole)
    later = box.addButton(_tr("Later"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(restore)
    box.setEscapeButton(later)

    def answered() -> None:
        clicked = box.clickedButton()
        then(True if clicked is restore else False if clicked is discard else None)

    box.finished.connect(answered)
    box.open()
