"""The page of the preferences dialog where every command's keys can be changed."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cubesal_viewer.widgets.key_map import KeyMap

__all__ = ["KeysPage"]

_ROLE = Qt.ItemDataRole.UserRole


class KeysPage(QWidget):
    """A table of commands with their keys: choose a row, then press the key it shall have."""

    def __init__(self, key_map: KeyMap) -> None:
        super().__init__()
        self._map = key_map
        self._search = QLineEdit(placeholderText=self.tr("Search commands and keys"))
        self._search.setAccessibleName(self.tr("Search commands and keys"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter)
        self._table = self._make_table()
        self._editor = _RowEditor(key_map)
        self._table.currentCellChanged.connect(lambda *_: self._editor.edit(self.current))
        self._table.itemActivated.connect(lambda *_: self._editor.begin())
        key_map.changed.connect(self._fill)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 18)
        for widget in (self._search, self._table, self._editor):
            column.addWidget(widget)
        self._fill()
        self._table.setCurrentCell(0, 0)

    @property
    def current(self) -> str:
        """Name of the command in the chosen row; empty for none."""
        item = self._table.item(self._table.currentRow(), 0)
        return str(item.data(_ROLE)) if item is not None else ""

    def restore(self) -> None:
        """Give every command its default keys."""
        self._map.restore_all()

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(len(self._map.names), 2)
        table.setAccessibleName(self.tr("Commands and their keys"))
        table.setHorizontalHeaderLabels([self.tr("Command"), self.tr("Keys")])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return table

    def _fill(self) -> None:
        for row, name in enumerate(self._map.names):
            font = self._table.font()
            font.setBold(self._map.is_changed(name))
            for column, text in enumerate((self._map.text(name), self._map.keys_text(name))):
                item = QTableWidgetItem(text or "–")
                item.setData(_ROLE, name)
                item.setFont(font)
                self._table.setItem(row, column, item)
        self._filter(self._search.text())
        self._editor.edit(self.current)

    def _filter(self, wanted: str) -> None:
        for row, name in enumerate(self._map.names):
            words = f"{self._map.text(name)} {self._map.keys_text(name)}".casefold()
            self._table.setRowHidden(row, wanted.casefold() not in words)


class _RowEditor(QWidget):
    """Changes the keys of one command; a key that is taken is named and asked about."""

    def __init__(self, key_map: KeyMap) -> None:
        super().__init__()
        self._map = key_map
        self._name = ""
        self._wanted: QKeySequence | None = None
        self._restoring = False
        self._title = QLabel()
        self._press = QKeySequenceEdit()
        self._press.setMaximumSequenceLength(1)
        self._press.setAccessibleName(self.tr("New key of the chosen command"))
        for line in self._press.findChildren(QLineEdit):  # the one that has the focus in its place
            line.setPlaceholderText(self.tr("Press the new key"))
            line.setAccessibleName(self._press.accessibleName())
        self._press.keySequenceChanged.connect(self._on_pressed)
        self._keep = QCheckBox(self.tr("Keep its other keys"))
        self._none = QPushButton(self.tr("Remove keys"))
        self._none.setAccessibleName(self.tr("Remove the keys of the chosen command"))
        self._none.clicked.connect(lambda: self._map.assign(self._name, ()))
        self._restore = QPushButton(self.tr("Restore"))
        self._restore.setAccessibleName(self.tr("Restore the keys of the chosen command"))
        self._restore.clicked.connect(self._on_restore)
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._take = QPushButton(self.tr("Reassign"))
        self._take.setAccessibleName(self.tr("Take the key from the command that has it"))
        self._take.clicked.connect(self._on_take)
        for button in (self._none, self._restore, self._take):
            button.setAutoDefault(False)  # Enter in the table means the row
        self._lay_out()

    def edit(self, name: str) -> None:
        """Edit the keys of this command from now on; empty for none."""
        self._name = name
        self.setEnabled(bool(name))
        self._title.setText(self._map.text(name) if name else "")
        self._none.setEnabled(bool(name) and bool(self._map.keys(name)))
        self._restore.setEnabled(bool(name) and self._map.is_changed(name))
        self._say("")

    def begin(self) -> None:
        """Wait for the key."""
        self._press.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self._title)
        first.addStretch(1)
        for widget in (self._press, self._keep, self._none, self._restore):
            first.addWidget(widget)
        second.addWidget(self._sentence, 1)
        second.addWidget(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.addLayout(first)
        column.addLayout(second)
        # The dialog keeps its shape while sentences come and go.
        self._sentence.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + 10)

    def _on_pressed(self, key: QKeySequence) -> None:
        if key.isEmpty():
            return
        with QSignalBlocker(self._press):
            self._press.clear()
        if key == QKeySequence(Qt.Key.Key_Escape):
            self._say(self.tr("Escape leaves dialogs and full screen; it cannot be given away."))
            return
        owner = self._map.owner(key, but=self._name)
        if owner is None:
            self._give(key)
            return
        words = self.tr("%1 already belongs to “%2”: press another key, or take it from there.")
        native = key.toString(QKeySequence.SequenceFormat.NativeText)
        self._say(words.replace("%1", native).replace("%2", self._map.text(owner)))
        self._wanted = key
        self._take.show()

    def _give(self, key: QKeySequence) -> None:
        others = [k for k in self._map.keys(self._name) if k != key]
        self._map.assign(self._name, [*others, key] if self._keep.isChecked() else [key])

    def _on_restore(self) -> None:
        owners = self._map.owners_of_defaults(self._name)
        if not owners:
            self._map.restore(self._name)
            return
        words = self.tr("“%1” has a key that belonged here: keep it there, or take it back.")
        names = "”, “".join(self._map.text(owner) for owner in owners)
        self._say(words.replace("%1", names))
        self._restoring = True
        self._take.show()

    def _on_take(self) -> None:
        if self._restoring:
            self._map.restore(self._name)
        elif self._wanted is not None:
            self._give(self._wanted)

    def _say(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self._wanted, self._restoring = None, False
        self._take.hide()
