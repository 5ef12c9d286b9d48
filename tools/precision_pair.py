"""Make `model/cubesal/trained/precision_pair.npz` anew, after the maps of a built-in model changed.

python tools/precision_pair.py
"""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from cubesal.democlip.scene import frame
from cubesal.models import load_model
from cubesal.precision import PAIR, PRECISION_VARIABLE

HEIGHT = 240


def main() -> None:
    """A rendered picture, and what our models make of it in single precision."""
    os.environ[PRECISION_VARIABLE] = "float32"
    picture = cv2.resize(frame(2.0, 2 * HEIGHT), (2 * HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
    maps = {}
    for name in ("default", "fast"):
        maps[name] = load_model(name, "cpu").static().step(picture).astype(np.float16)  # type: ignore[attr-defined]
    np.savez_compressed(PAIR, picture=picture, **maps)
    print(f"{PAIR}: {Path(PAIR).stat().st_size} bytes")


if __name__ == "__main__":
    main()
