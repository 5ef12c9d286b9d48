"""From a TOML file to a training's configuration, or to one sentence that says what is wrong."""

from __future__ import annotations

import math
import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from cubesal.errors import TrainingError
from cubesal.flow import LEAST_FLOW_HEIGHT
from cubesal.training.config import TrainingConfig

__all__ = ["as_table", "difference", "load_config"]

Section = TypeVar("Section")

#: More than anybody counts of anything, and far from where numbers overflow.
_MANY = 1_000_000_000
#: The least and the greatest that a number may be. Sizes end where one frame fills a memory: faces
#: and rows of four times what the published code looks at, and more.
_RANGES: dict[str, tuple[float, float]] = {
    "rate_hz": (0, 1000), "every": (0, _MANY), "frames": (0, _MANY), "face_w": (33, 2048),
    "channels": (0, 100_000), "flow_height": (LEAST_FLOW_HEIGHT, 4096),
    "input": (1, 100_000), "hidden": (1, 100_000), "scenes": (0, 100_000),
    "smooth": (0, 1e6), "temporal": (0, 1e6), "mask": (0, 1e6), "threshold": (0, 1e6),
    "anchor": (0, 1e6),
    "height": (0, 4096),
    "lr": (0, 1e30), "step_epochs": (1, _MANY), "warmup": (0, _MANY), "weight_decay": (0, 1e6),
    "accumulate": (1, _MANY), "clip_norm": (0, 1e30),
    "epochs": (1, _MANY), "batch": (1, _MANY), "window": (3, 1000), "stride": (1, _MANY),
    "seed": (0, 2**32 - 1), "checkpoint_every": (0, _MANY), "keep": (0, _MANY),
    "log_every": (1, _MANY),
}  # fmt: skip
#: What may be 0, for something else, and otherwise not less than this.
_OR_ZERO = {"rate_hz": 1e-4, "height": 8}
_POSITIVE = ("lr",)
_IN_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def load_config(path: Path) -> TrainingConfig:
    """Read a configuration.

    Raises:
        TrainingError: the file cannot be read, is no TOML, has an unknown key, or a value of the
            wrong type or out of range; names the key.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"cannot read {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} is no TOML file: {error}") from error
    except RecursionError as error:
        raise TrainingError(f"{path} is no configuration: it is nested too deeply") from error
    except ValueError as error:  # Python reads no whole number of thousands of digits
        raise TrainingError(f"{path} is no configuration: a number in it is too long") from error
    config = _section(TrainingConfig, table, path, "")
    _check_together(config, path)
    return config


def as_table(config: TrainingConfig) -> dict[str, dict[str, Any]]:
    """Sections and keys as plain values; `convention` is in the section "training"."""
    table = asdict(config)
    convention = table.pop("convention")
    return {"training": {"convention": convention}, **table}


def difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    """The first key in which two tables differ, in words, or None."""
    for section in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(section, {}), theirs.get(section, {})
        for key in sorted(mine.keys() | other.keys()):
            if _plain(mine.get(key)) != _plain(other.get(key)):
                return f"{section}.{key} was {other.get(key)!r} and is now {mine.get(key)!r}"
    return None


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _section(kind: type[Section], table: Mapping[str, Any], path: Path, prefix: str) -> Section:
    hints = get_type_hints(kind)
    names = [f.name for f in fields(kind)]  # type: ignore[arg-type]  # every caller has dataclasses
    for key in table:
        if key not in names:
            known = ", ".join(prefix + name for name in names)
            raise TrainingError(f"{path}: unknown key {prefix}{key}; there are {known}")
    return kind(
        **{key: _value(hints[key], value, path, prefix + key) for key, value in table.items()}
    )


def _value(hint: Any, value: Any, path: Path, key: str) -> Any:
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise TrainingError(f"{path}: {key} must be a section [{key}], not {_shown(value)}")
        return _section(hint, value, path, f"{key}.")  # type: ignore[arg-type]  # a class
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            known = _listed(get_args(hint))
            raise TrainingError(f"{path}: {key} is {_shown(value)}; it may be {known}")
        return value
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise TrainingError(f"{path}: {key} must be a list of texts, not {_shown(value)}")
        return tuple(value)
    if type(value) is not hint and not (hint is float and type(value) is int):
        raise TrainingError(f"{path}: {key} must be {_IN_WORDS[hint]}, not {_shown(value)}")
    _check_range(value, path, key)
    return hint(value)  # whole numbers are numbers, too


def _shown(value: Any) -> str:
    """The value for a message, shortened: it may be of any length and depth."""
    try:
        return reprlib.repr(value)
    except ValueError:  # a hexadecimal number of more digits than Python writes
        return "a number too long to write"


def _listed(values: tuple[Any, ...]) -> str:
    return " or ".join(repr(value) for value in values)


def _check_range(value: Any, path: Path, key: str) -> None:
    name = key.rpartition(".")[2]
    if isinstance(value, str | bool):
        return
    if isinstance(value, float) and not math.isfinite(value):
        raise TrainingError(f"{path}: {key} must be a finite number, not {value}")
    least, greatest = _RANGES[name]
    or_zero = ""
    if value and name in _OR_ZERO:
        least, or_zero = _OR_ZERO[name], "0 or "
    given = _shown(value)
    if name in _POSITIVE and value <= 0:
        raise TrainingError(f"{path}: {key} must be greater than 0, not {given}")
    if value < least:
        raise TrainingError(f"{path}: {key} must be {or_zero}at least {least}, not {given}")
    if value > greatest:
        raise TrainingError(f"{path}: {key} must be at most {greatest}, not {given}")


def _check_together(config: TrainingConfig, path: Path) -> None:
    data, network = config.data, config.network
    if bool(data.rate_hz) == bool(data.every):
        raise TrainingError(f"{path}: give either data.rate_hz or data.every, and 0 for the other")
    if network.kind == "convlstm" and network.input != network.hidden:
        raise TrainingError(
            f"{path}: network.input and network.hidden must be equal, because the first map is the"
            f" first state; they are {network.input} and {network.hidden}"
        )
