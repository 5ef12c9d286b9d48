"""Linking torch's libraries without keeping the window waiting.

The loader takes a third of a second to bring in libtorch, and an `import` holds the interpreter's
lock meanwhile. A foreign function call lets go of it; the import then finds the library in place.
"""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

__all__ = ["link_torch"]

#: The one that is large and knows nothing of Python.
_LIBRARY: Final = {"linux": "libtorch_cpu.so", "darwin": "libtorch_cpu.dylib"}


def link_torch() -> bool:
    """Bring libtorch into the process; whether it did, for importing torch works either way."""
    name = _LIBRARY.get(sys.platform)
    found = None if "torch" in sys.modules else find_spec("torch")
    if name is None or found is None or not found.submodule_search_locations:
        return False
    path = Path(found.submodule_search_locations[0], "lib", name)
    if not path.is_file():
        return False
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    dlopen.argtypes = [ctypes.c_char_p, ctypes.c_int]
    return dlopen(os.fsencode(path), os.RTLD_NOW) is not None
