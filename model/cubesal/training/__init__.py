"""Training: a temporal network learned without labels, from clips alone.

``config`` and ``config_file`` say what a training is. ``lessons`` knows what can be learned: the
ConvLSTM of CP-360 (``preparation`` makes class activation maps and flow of clips once, ``windows``
are the samples, ``tasks`` has the losses), and the memory of the video models (``moments``,
``scenes``, ``memory_task``). ``loop`` only steps; ``session`` puts it together.
"""

from __future__ import annotations

from cubesal.training.config import TrainingConfig
from cubesal.training.config_file import load_config
from cubesal.training.lessons import Lesson, prepare
from cubesal.training.processes import Processes, joined_processes
from cubesal.training.session import (
    TrainingReport,
    check_folder,
    default_cache,
    train,
)

__all__ = [
    "Lesson",
    "Processes",
    "TrainingConfig",
    "TrainingReport",
    "check_folder",
    "default_cache",
    "joined_processes",
    "load_config",
    "prepare",
    "train",
]
