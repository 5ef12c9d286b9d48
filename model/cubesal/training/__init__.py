"""Training: a temporal network learned without labels, from clips alone.

``config`` and ``config_file`` say what a training is; ``preparation`` makes class activation maps
and flow of clips once, ``windows`` are the samples; ``tasks`` knows networks and losses, ``loop``
only steps; ``session`` puts it together.
"""

from __future__ import annotations

from cubesal.training.config import TrainingConfig
from cubesal.training.config_file import load_config
from cubesal.training.prepared import PreparedClip
from cubesal.training.processes import Processes, joined_processes
from cubesal.training.session import (
    TrainingReport,
    check_folder,
    default_cache,
    prepare_clips,
    train,
)

__all__ = [
    "PreparedClip",
    "Processes",
    "TrainingConfig",
    "TrainingReport",
    "check_folder",
    "default_cache",
    "joined_processes",
    "load_config",
    "prepare_clips",
    "train",
]
