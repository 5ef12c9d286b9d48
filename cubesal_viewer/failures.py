"""What nobody expected: exceptions of any thread and Qt's complaints, logged and told."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from cubesal_viewer.log import logger, without_folders

__all__ = ["Failures"]

_LEVELS = {
    QtMsgType.QtDebugMsg: 10,
    QtMsgType.QtInfoMsg: 20,
    QtMsgType.QtWarningMsg: 30,
    QtMsgType.QtCriticalMsg: 40,
    QtMsgType.QtFatalMsg: 50,
}


class Failures(QObject):
    """Takes the place of Python's and Qt's hooks, which still print; ``told`` may come late.

    ``told`` carries a sentence and the details, whichever thread failed; it is delivered on the
    thread that this object lives on.
    """

    told = Signal(str, str)

    def install(self) -> None:
        """Listen from now on."""
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread
        self._qt_before = qInstallMessageHandler(self._on_qt)

    def remove(self) -> None:
        """Put the hooks back as they were."""
        sys.excepthook, threading.excepthook = self._before
        qInstallMessageHandler(self._qt_before)

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        self._before[0](kind, error, trace)
        self.take(kind, error, trace)

    def _on_thread(self, arguments: threading.ExceptHookArgs) -> None:
        self._before[1](arguments)
        if arguments.exc_value is not None:
            self.take(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def take(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Log an exception that nobody caught, and tell of it."""
        if not issubclass(kind, Exception):
            return  # somebody wants the program to end
        logger.error("unexpected %s", kind.__name__, exc_info=(kind, error, trace))
        words = self.tr("Something went wrong inside cubesal-viewer: %1. What is open is kept.")
        lines = traceback.format_exception(kind, error, trace)
        sentence = words.replace("%1", f"{kind.__name__}: {error}")
        self.told.emit(sentence, without_folders("".join(lines)))

    def _on_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        logger.log(_LEVELS.get(kind, 30), "Qt: %s", message)
        if self._qt_before is not None:
            self._qt_before(kind, context, message)
        elif sys.stderr is not None:
            sys.stderr.write(message + "\n")
        if kind is QtMsgType.QtCriticalMsg:
            words = self.tr("The window system reports a serious problem: %1")
            category = f"{context.category}: " if context.category else ""
            self.told.emit(words.replace("%1", message), category + message)
