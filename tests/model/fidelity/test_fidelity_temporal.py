"""The ConvLSTM cell and the five-frame protocol against the published code's figures."""

from __future__ import annotations

import numpy as np
import torch

from cubesal.convlstm import ConvLSTMCell, build_cell, sizes_of
from cubesal.temporal import min_max, saliency_of_sequence, window_saliency


def cell_of(figures: dict) -> ConvLSTMCell:
    state = {k[2:]: torch.from_numpy(v) for k, v in figures.items() if k.startswith("w_")}
    assert sizes_of(state) == (8, 8)
    return build_cell(state, "cp360")


def test_the_cell_over_a_window_and_without_a_state(reference, agree) -> None:
    figures = reference("clstm_c8")
    cell = cell_of(figures)
    frames = min_max(torch.from_numpy(figures["frames_raw"]))
    agree("clstm_c8", "normalised frames", frames, figures["frames_norm"], atol=1e-6)
    state = (frames[0], frames[0])
    for step, frame in enumerate(frames):
        state = cell(frame, state)
        agree("clstm_c8", f"hidden, step {step}", state[0], figures["hidden"][step], atol=1e-6)
        agree("clstm_c8", f"cell, step {step}", state[1], figures["cell"][step], atol=1e-6)
    hidden, memory = cell(frames[0], None)
    agree("clstm_c8", "hidden from nothing", hidden, figures["hidden_from_zero"], atol=1e-6)
    agree("clstm_c8", "cell from nothing", memory, figures["cell_from_zero"], atol=1e-6)


def test_the_protocol_over_a_clip(reference, agree) -> None:
    figures = reference("temporal_test_c8")
    cell = cell_of(figures)
    cams = torch.from_numpy(figures["cube_feat"])
    with torch.inference_mode():
        indices, maps = saliency_of_sequence(iter(cams), cell, "cp360")
    assert indices == list(figures["saliency_index"])
    agree("temporal_test_c8", "saliency", np.stack(maps), figures["saliency"], atol=1e-6)
    alone = window_saliency(cams[1:6], cell, convention="cp360")
    agree("temporal_test_c8", "one window", alone, figures["saliency"][1], atol=1e-6)
