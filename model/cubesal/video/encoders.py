"""Which encoder writes which file, and how."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from cubesal.errors import ExportError

__all__ = [
    "CONTAINERS",
    "ENCODERS",
    "QUALITY_WORDS",
    "Encoder",
    "VideoCodec",
    "choose_container",
]

QUALITY_WORDS = ("small", "good", "high", "best")

VideoCodec = Literal["h264", "hevc", "av1", "prores", "ffv1"]

# SVT-AV1 writes to the terminal by itself and can only be told otherwise this way.
os.environ.setdefault("SVT_LOG", "0")


@dataclass(frozen=True)
class Encoder:
    """One way to code pictures.

    ``quality_option`` is FFmpeg's name of the option that takes ``quality`` (None: lossless, there
    is nothing to choose).  Lower numbers of ``quality_range`` are better, except for ProRes, where
    they are the profiles from proxy (0) to HQ (3).  ``word_numbers`` are the qualities that
    :data:`QUALITY_WORDS` stand for.
    """

    name: str
    pix_fmt: str
    suffixes: tuple[str, ...]
    quality_option: str | None = None
    quality_range: range = range(0)
    default_quality: int | None = None
    word_numbers: tuple[int, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    tag: str | None = None

    def quality_number(self, quality: str | int | None) -> int | None:
        """The quality that a word or a number stands for; ``ValueError`` if there is none such."""
        if isinstance(quality, str) and quality in QUALITY_WORDS and self.word_numbers:
            return self.word_numbers[QUALITY_WORDS.index(quality)]
        try:
            number = None if quality is None else int(quality)
        except ValueError:
            words = ", ".join(QUALITY_WORDS)
            raise ValueError(f"{quality!r} is neither a number nor one of {words}") from None
        self.quality_options(number)
        return number

    def quality_options(self, quality: int | None) -> dict[str, str]:
        """The encoder's options; raises ``ValueError`` for a quality outside its range."""
        if quality is not None and quality not in self.quality_range:
            allowed = f"{self.quality_range.start}..{self.quality_range.stop - 1}"
            raise ValueError(
                f"{self.name} takes no quality"
                if self.quality_option is None
                else f"quality must be in {allowed} for {self.name}, not {quality}"
            )
        chosen = self.default_quality if quality is None else quality
        if self.quality_option is None:
            return dict(self.options)
        return {**dict(self.options), self.quality_option: str(chosen)}


ENCODERS: Mapping[VideoCodec, Encoder] = MappingProxyType(
    {
        "h264": Encoder(
            "libx264",
            "yuv420p",
            (".mp4", ".m4v", ".mov", ".mkv"),
            quality_option="crf",
            quality_range=range(52),
            default_quality=20,
            word_numbers=(28, 20, 17, 14),
            # Coding is the largest cost of an export, and people wait for it.
            options=(("preset", "veryfast"),),
        ),
        "hevc": Encoder(
            "libx265",
            "yuv420p",
            (".mp4", ".m4v", ".mov", ".mkv"),
            quality_option="crf",
            quality_range=range(52),
            default_quality=23,
            word_numbers=(30, 23, 19, 15),
            options=(("preset", "medium"), ("x265-params", "log-level=none")),
            tag="hvc1",  # the spelling that Apple's players accept
        ),
        "av1": Encoder(
            "libsvtav1",
            "yuv420p",
            (".mp4", ".m4v", ".mkv", ".webm"),
            quality_option="crf",
            quality_range=range(64),
            default_quality=30,
            word_numbers=(42, 30, 24, 18),
            options=(("preset", "8"),),
        ),
        "prores": Encoder(
            "prores_ks",
            "yuv422p10le",
            (".mov", ".mkv"),
            quality_option="profile",
            quality_range=range(4),
            default_quality=3,
            word_numbers=(0, 1, 2, 3),
            options=(("vendor", "apl0"),),
        ),
        "ffv1": Encoder("ffv1", "bgr0", (".mkv",), options=(("level", "3"),)),
    }
)

#: FFmpeg's muxer by suffix.
CONTAINERS: Mapping[str, str] = MappingProxyType(
    {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
)


def choose_container(path: Path, codec: VideoCodec, spherical: bool) -> str:
    """FFmpeg's muxer for an output; raises ``ExportError`` where the suffix does not fit."""
    suffix = path.suffix.lower()
    fitting = ENCODERS[codec].suffixes
    if suffix not in fitting:
        raise ExportError(
            f"{path.name} cannot hold {codec} video; name the output {' or '.join(fitting)}"
        )
    if spherical and CONTAINERS[suffix] not in ("mp4", "mov"):
        raise ExportError(
            f"{path.name} cannot carry spherical metadata; name the output .mp4 or .mov"
        )
    return CONTAINERS[suffix]
