"""What a training is: every number of it, as a TOML file says it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from cubesal.convention import Convention
from cubesal.flow import FlowMethod

__all__ = [
    "DataConfig",
    "LossConfig",
    "NetworkConfig",
    "OptimiserConfig",
    "RunConfig",
    "TrainingConfig",
    "learning_rate",
]


@dataclass(frozen=True)
class DataConfig:
    """Which clips, and what is prepared from them once.

    Attributes:
        clips: clips, folders of clips, or a Wild-360 tree (its train split); the command line may
            give others.
        ids: a list of clip ids, one a line; others are left out. "" for all.
        rate_hz, every: which frames: so many per second, or each n-th; the other is 0.
        frames: at most so many frames of each clip, from its start; 0 for all.
        backbone: whose class activation maps, see `backbone.build`.
        weights: "default", "random" for debugging, or a file.
        face_w: pixels of the faces it looks at.
        channels: class maps are merged to so many (the greatest of neighbouring classes); 0 keeps
            all.
        flow_height: rows of the optical flow.
        flow_method: "dis" or "deepflow".
        camera_motion: undo the turns of the camera before anything else. Models do not when they
            predict: for material that turns more than what will be looked at.
        model: for the memory: whose evidence it learns to weigh.
        panoramas: for the memory: a folder of equirect pictures of which scenes are made.
        scenes: how many.
    """

    clips: tuple[str, ...] = ()
    ids: str = ""
    rate_hz: float = 5.0
    every: int = 0
    frames: int = 0
    backbone: str = "lite0"
    weights: str = "default"
    face_w: int = 193
    channels: int = 0
    flow_height: int = 240
    flow_method: FlowMethod = "dis"
    camera_motion: bool = False
    model: str = "default"
    panoramas: str = ""
    scenes: int = 0


@dataclass(frozen=True)
class NetworkConfig:
    """The network that learns: `kind` is one of `training.lessons`."""

    kind: str = "convlstm"
    input: int = 1000
    hidden: int = 1000


@dataclass(frozen=True)
class LossConfig:
    """The three temporal losses, see `losses.temporal_losses`.

    Attributes:
        height: rows at which maps are compared; 0 for those of the flow.
        anchor: what the distance to a teacher counts, for the memory, see `training.memory_task`.
    """

    smooth: float = 0.7
    temporal: float = 1.0
    mask: float = 0.01
    threshold: float = 0.15
    height: int = 0
    anchor: float = 0.0


@dataclass(frozen=True)
class OptimiserConfig:
    """Adam.

    Attributes:
        lr: learning rate at the start.
        schedule: "constant", "cosine" down to 0 at the end, or "step", a tenth of it after each
            `step_epochs`.
        warmup: steps over which the rate grows from 0.
        accumulate: batches whose gradients make one step.
        clip_norm: longest gradient; 0 for any.
        precision: "float32", or "bf16", "fp16" where a device has them.
    """

    lr: float = 1e-4
    schedule: Literal["constant", "cosine", "step"] = "constant"
    step_epochs: int = 1
    warmup: int = 0
    weight_decay: float = 0.0
    accumulate: int = 1
    clip_norm: float = 0.0
    precision: Literal["float32", "bf16", "fp16"] = "float32"


@dataclass(frozen=True)
class RunConfig:
    """How long, and what is kept.

    Attributes:
        out: folder of checkpoints and logs; the command line may give another.
        batch: windows per batch, over all processes.
        window: successive moments in a window.
        stride: moments from one window to the next.
        checkpoint_every: steps between checkpoints, beside one after each epoch; 0 for none.
        keep: how many checkpoints to keep; 0 for all.
        log_every: steps between lines of the log.
        tensorboard: also log for TensorBoard, which must be installed.
        export_pth: write the weights of each checkpoint as .pth too, named as published.
    """

    out: str = "runs/cubesal"
    epochs: int = 1
    batch: int = 1
    window: int = 5
    stride: int = 1
    seed: int = 0
    checkpoint_every: int = 0
    keep: int = 2
    log_every: int = 1
    tensorboard: bool = False
    export_pth: bool = False


@dataclass(frozen=True)
class TrainingConfig:
    """All of it. `convention` holds for the data, the network and the losses."""

    convention: Convention = "exact"
    data: DataConfig = field(default_factory=DataConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    run: RunConfig = field(default_factory=RunConfig)


def learning_rate(config: OptimiserConfig, step: int, steps_per_epoch: int, steps: int) -> float:
    """The rate of a step, counted from 0, of `steps` in all."""
    rate = config.lr
    if config.warmup:
        rate *= min(1.0, (step + 1) / config.warmup)
    if config.schedule == "cosine":
        rate *= 0.5 * (1 + math.cos(math.pi * step / steps))
    if config.schedule == "step":
        rate *= 0.1 ** (step // (steps_per_epoch * config.step_epochs))
    return rate
