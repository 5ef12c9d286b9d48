"""Which keys belong to which command: defaults, the person's own, and who has a key already."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QAction, QKeySequence

__all__ = ["KeyMap"]

_GROUP = "keys"


class KeyMap(QObject):
    """The keys of the window's actions, by the commands' names; kept in the settings.

    A key belongs to one command at most.  Only what differs from the defaults is kept.
    """

    changed = Signal()

    def __init__(self, actions: dict[str, QAction], settings: QSettings) -> None:
        super().__init__()
        self._actions, self._settings = actions, settings
        self._defaults = {name: tuple(a.shortcuts()) for name, a in actions.items()}
        self._load()

    @property
    def names(self) -> list[str]:
        """Every command, in the order of the menus."""
        return list(self._actions)

    def text(self, name: str) -> str:
        """The command as people read it."""
        return self._actions[name].text().replace("&", "").rstrip("…")

    def keys(self, name: str) -> tuple[QKeySequence, ...]:
        """The command's keys now."""
        return tuple(self._actions[name].shortcuts())

    def keys_text(self, name: str) -> str:
        """The command's keys as people read them; empty for none."""
        return _words(self.keys(name))

    def is_changed(self, name: str) -> bool:
        """Whether the keys differ from the defaults."""
        return self.keys(name) != self._defaults[name]

    def owner(self, key: QKeySequence, but: str = "") -> str | None:
        """The command that has this key, other than ``but``; None if it is free."""
        for name in self._actions:
            if name != but and key in self.keys(name):
                return name
        return None

    def owners_of_defaults(self, name: str) -> list[str]:
        """The commands that were given default keys of this one."""
        owners = [self.owner(key, but=name) for key in self._defaults[name]]
        return [owner for owner in dict.fromkeys(owners) if owner is not None]

    def assign(self, name: str, keys: Sequence[QKeySequence]) -> None:
        """Give a command these keys and no others; other commands that have one lose it."""
        for other in self._actions:
            if other != name and set(self.keys(other)) & set(keys):
                self._keep(other, [key for key in self.keys(other) if key not in keys])
        self._keep(name, keys)
        self.changed.emit()

    def restore(self, name: str) -> None:
        """Give a command its default keys again; other commands that have one lose it."""
        self.assign(name, self._defaults[name])

    def restore_all(self) -> None:
        """Give every command its default keys."""
        self._settings.remove(_GROUP)
        for name, action in self._actions.items():
            action.setShortcuts(list(self._defaults[name]))
        self.changed.emit()

    def _keep(self, name: str, keys: Sequence[QKeySequence]) -> None:
        self._actions[name].setShortcuts(list(keys))
        if self.is_changed(name):
            portable = [key.toString(QKeySequence.SequenceFormat.PortableText) for key in keys]
            self._settings.setValue(_entry(name), portable or [""])
        else:
            self._settings.remove(_entry(name))

    def _load(self) -> None:
        """Take the person's own keys; a default that they gave to another command is lost."""
        own = {name: keys for name in self._actions if (keys := self._saved(name)) is not None}
        taken = {key for keys in own.values() for key in keys}
        for name, action in self._actions.items():
            free = [key for key in self._defaults[name] if key not in taken]
            action.setShortcuts(own.get(name, free))

    def _saved(self, name: str) -> list[QKeySequence] | None:
        saved = self._settings.value(_entry(name))
        if saved is None:
            return None
        texts = saved if isinstance(saved, list) else [saved]  # a list of one comes as its item
        keys = [QKeySequence(str(text)) for text in texts if text]
        return [key for key in keys if not key.isEmpty()]


def _entry(name: str) -> str:
    """Where a command's keys are kept; a slash would make a group of its own."""
    return f"{_GROUP}/{name.replace('&', '').replace('/', ' ')}"


def _words(keys: Sequence[QKeySequence]) -> str:
    return "  ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
