"""The options that say how a clip is to be read: its projection, the eye, and where its front is.

Each of them becomes a part of ``options.projection``, the text of one
:class:`~cubesal.video.reading.Reading`, in whatever order they are given.
"""

from __future__ import annotations

from argparse import Action, ArgumentError, ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

__all__ = ["EYES", "PROJECTIONS", "add_reading"]

#: As in `cubesal.video.projection`, which takes long to import.
PROJECTIONS = (
    "equirect",
    "equirect-tb",
    "equirect-sbs",
    "vr180",
    "vr180-sbs",
    "vr180-tb",
    "cube-3x2",
    "cube-6x1",
    "eac",
)
EYES = ("left", "right")


def add_reading(parser: Any) -> None:
    """Add ``--projection``, ``--eye`` and ``--orientation`` to a parser or group."""
    parser.add_argument(
        "--projection",
        choices=PROJECTIONS,
        action=_Part,
        help="what the clip holds, if it is guessed wrongly",
    )
    parser.add_argument(
        "--eye", choices=EYES, action=_Part, help="whose view of a stereo clip (default left)"
    )
    parser.add_argument(
        "--orientation",
        metavar="YAW,PITCH,ROLL",
        action=_Part,
        help="the view, in degrees, that becomes straight ahead and level (give it as "
        "--orientation=-90,0,0 if it begins with a minus)",
    )


class _Part(Action):
    """Puts a value into its part of ``options.projection``."""

    def __call__(
        self,
        parser: ArgumentParser,  # noqa: ARG002 - as argparse calls it
        namespace: Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002 - as argparse calls it
    ) -> None:
        text = getattr(namespace, "projection", None) or ""
        packed, at, angles = text.partition("@")
        name, colon, eye = packed.partition(":")
        if self.dest == "projection":
            name = str(values)
        elif self.dest == "eye":
            colon, eye = ("", "") if values == "left" else (":", str(values))
        else:
            at, angles = "@", str(values)
        namespace.projection = self._checked(f"{name}{colon}{eye}{at}{angles}") or None

    def _checked(self, text: str) -> str | None:
        if "@" not in text:
            return text  # what other parts may say is among their choices
        from cubesal.video.reading import Reading  # only now: it brings numpy and OpenCV

        try:
            return Reading.parse(text).text
        except ValueError as error:
            raise ArgumentError(self, str(error)) from error
