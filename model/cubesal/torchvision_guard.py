"""Import torchvision, also beside a CPU-only build of torch.

Torchvision's wheel may have been built for CUDA. Beside a CPU-only torch its compiled part is then
not loaded, and its import fails where it registers shape functions for an operator that nobody
has declared: "operator torchvision::nms does not exist". The networks need none of those operators.
Declaring them, without an implementation, lets the import pass; calling them would still fail.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import torch

from cubesal.errors import ModelError

_SYMPTOM = "operator torchvision::nms does not exist"
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

# Dropping a torch library undoes its declarations, so it has to live as long as torchvision.
_declared: list[torch.library.Library] = []


def import_torchvision() -> ModuleType:
    """The `torchvision` package.

    Raises:
        ModelError: torchvision is not installed.
    """
    try:
        return importlib.import_module("torchvision")
    except ModuleNotFoundError as error:
        raise ModelError(
            "this model needs torchvision: install it with `pip install torchvision`"
        ) from error
    except RuntimeError as error:
        if _SYMPTOM not in str(error):
            raise
    return _import_with_declared_operators()


def _import_with_declared_operators() -> ModuleType:
    for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # half imported
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # torch leaves it untyped
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    _declared.append(library)
    return importlib.import_module("torchvision")
