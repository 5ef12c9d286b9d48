"""``cubesal info``: this installation, and facts about clips."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import torch

from cubesal import __version__
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL, UNUSABLE
from cubesal.device import available_devices, resolve_device
from cubesal.errors import CubesalError
from cubesal.model_list import available_models
from cubesal.video import ClipInfo, ClipReader, Layout
from cubesal.video.encoders import ENCODERS

__all__ = ["run"]

Facts = dict[str, Any]


def run(options: Options, console: Console) -> int:
    """Describe the installation, or each of the given clips."""
    if not options.clips:
        _show([_installation()], options, console)
        return DONE
    described: list[Facts] = []
    for path in options.clips:
        try:
            with ClipReader(path, projection=options.projection) as reader:
                described.append(_clip(reader.info))
        except CubesalError as error:
            console.error(str(error))
    _show(described, options, console)
    if not described:
        return UNUSABLE
    return DONE if len(described) == len(options.clips) else PARTIAL


def _show(described: list[Facts], options: Options, console: Console) -> None:
    if options.json:
        facts: Any = described if options.clips else described[0]
        console.result(json.dumps(facts, indent=1))
        return
    for number, facts in enumerate(described):
        if number:
            console.result("")
        width = max(map(len, facts))
        for name, value in facts.items():
            console.result(f"{name.replace('_', ' '):{width}}  {_words(value)}")


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {text}" for name, text in value.items())
    return str(value)


def _installation() -> Facts:
    return {
        "cubesal": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "libraries": {
            "torch": torch.__version__,
            "av": av.__version__,
            "opencv": cv2.__version__,
            "numpy": np.__version__,
        },
        "ffmpeg": {
            name: ".".join(map(str, version)) for name, version in av.library_versions.items()
        },
        "devices": available_devices(),
        "device": str(resolve_device("auto")),
        "models": [model.name for model in available_models() if model.available],
        "codecs": [name for name, coder in ENCODERS.items() if coder.name in av.codecs_available],
        "installed": str(Path(__file__).resolve().parent.parent),
        "executable": sys.executable,
    }


def _transfer(info: ClipInfo) -> str:
    return "SDR" if info.transfer == "SDR" else f"{info.transfer} (HDR), shown as SDR BT.709"


def _clip(info: ClipInfo) -> Facts:
    return {
        "file": str(info.path),
        "codec": info.codec,
        "size": f"{info.width}x{info.height}",
        "projection": info.projection,
        "layout": info.layout.value,
        "eye": info.eye.value if info.layout is not Layout.MONO else "only one",
        "projection_from": info.projection_source,
        "frames": info.frame_count,
        "duration_s": round(info.duration_s, 6),
        "fps": round(float(info.fps), 6),
        "time_base": str(info.time_base),
        "pixel_aspect": str(info.pixel_aspect),
        "rotation": info.rotation,
        "colour": f"{info.colour.matrix} {'full' if info.colour.full_range else 'limited'} range",
        "transfer": _transfer(info),
        "audio": info.has_audio,
        "still": info.is_still,
    }
