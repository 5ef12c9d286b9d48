"""A configuration is taken as it is written, or refused in one sentence that names the key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cubesal.errors import TrainingError
from cubesal.memory import INPUTS
from cubesal.training.config import OptimiserConfig, TrainingConfig, learning_rate
from cubesal.training.config_file import as_table, difference, load_config
from cubesal.training.session import _seed

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def written(folder: Path, text: str) -> Path:
    path = folder / "training.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["cp360", "default", "tiny", "memory"])
def test_what_is_shipped_can_be_read(name: str) -> None:
    config = load_config(CONFIGS / f"{name}.toml")
    channels = INPUTS if name == "memory" else config.data.channels or 1000
    assert config.network.input == channels


def test_the_published_configuration_is_what_the_authors_used() -> None:
    config = load_config(CONFIGS / "cp360.toml")
    assert config.convention == "cp360"
    assert (config.losses.smooth, config.losses.temporal, config.losses.mask) == (0.7, 1.0, 0.01)
    assert (config.losses.threshold, config.losses.height) == (0.15, 480)
    assert (config.optimiser.lr, config.run.window) == (1e-6, 5)
    assert (config.data.backbone, config.data.face_w, config.data.flow_height) == (
        "resnet50",
        224,
        480,
    )
    assert config.data.every == 1


def test_what_is_not_said_has_its_default_and_whole_numbers_are_numbers(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "[optimiser]\nlr = 1\n"))
    assert config == TrainingConfig(optimiser=OptimiserConfig(lr=1.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[run]\nepoch = 3\n", "unknown key run.epoch;"),
        ("conventions = 'exact'\n", "unknown key conventions;"),
        ("[run]\nepochs = 'three'\n", "run.epochs must be a whole number, not 'three'"),
        ("[run]\nepochs = 1.5\n", "run.epochs must be a whole number"),
        ("[run]\nepochs = true\n", "run.epochs must be a whole number, not True"),
        ("[run]\nepochs = 0\n", "run.epochs must be at least 1, not 0"),
        ("[run]\ntensorboard = 1\n", "run.tensorboard must be true or false, not 1"),
        ("[optimiser]\nlr = 0\n", "optimiser.lr must be greater than 0"),
        ("[optimiser]\nlr = nan\n", "optimiser.lr must be a finite number"),
        ("[optimiser]\nschedule = 'line'\n", "'constant' or 'cosine' or 'step'"),
        ("convention = 'theirs'\n", "convention is 'theirs'; it may be 'exact' or 'cp360'"),
        ("[data]\nclips = 'here'\n", "data.clips must be a list of texts"),
        ("[data]\nevery = 2\n", "either data.rate_hz or data.every"),
        ("[network]\ninput = 4\n", "network.input and network.hidden must be equal"),
        ("data = 3\n", "data must be a section [data]"),
        ("[run\n", "is no TOML file"),
        ("[run]\nx = " + "[" * 9000 + "]" * 9000, "nested too deeply"),
        ("[run]\nepochs" + ".a" * 9000 + " = 1", "run.epochs must be a whole number"),
        (f"[run]\nbatch = {'9' * 5000}\n", "a number in it is too long"),
        (f"[run]\nbatch = {'9' * 400}\n", "run.batch must be at most 1000000000, not 999"),
        (f"[run]\nbatch = 0x{'f' * 5000}\n", "run.batch must be at most 1000000000"),
        (f"[optimiser]\nlr = {'9' * 400}\n", "optimiser.lr must be at most 1e+30, not 999"),
        ("[run]\nseed = 4294967296\n", "run.seed must be at most 4294967295"),
        ("[data]\nflow_height = 1000000\n", "data.flow_height must be at most 4096"),
        ("[losses]\nheight = 100000\n", "losses.height must be at most 4096"),
        ("[losses]\nheight = 1\n", "losses.height must be 0 or at least 8, not 1"),
        ("[data]\nrate_hz = 1e-320\n", "data.rate_hz must be 0 or at least 0.0001"),
        ("[data]\nface_w = 1\n", "data.face_w must be at least 33, not 1"),
        ("[data]\nface_w = 1000000\n", "data.face_w must be at most 2048"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_file(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(TrainingError) as caught:
        load_config(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(path))


def test_every_number_has_a_range_that_holds_its_default(tmp_path: Path) -> None:
    for section, table in as_table(TrainingConfig()).items():
        for key, value in table.items():
            if type(value) in (int, float):
                with pytest.raises(TrainingError, match=f"{section}.{key} must be at most"):
                    load_config(written(tmp_path, f"[{section}]\n{key} = {10**40}\n"))
                text = f"[{section}]\n{key} = {value}\n"
                if section != "network":  # whose two numbers go together
                    load_config(written(tmp_path, text))


def test_the_greatest_seed_can_be_used(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "[run]\nseed = 4294967295\n"))
    _seed(config.run.seed)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none\.toml"):
        load_config(tmp_path / "none.toml")


def test_the_first_difference_is_found_and_none_where_there_is_none() -> None:
    ours = TrainingConfig()
    other = replace(ours, optimiser=OptimiserConfig(lr=0.5))
    assert difference(as_table(ours), as_table(ours)) is None
    found = difference(as_table(other), as_table(ours))
    assert found == "optimiser.lr was 0.0001 and is now 0.5"


def test_rates_follow_their_schedule() -> None:
    def rates(**how: object) -> list[float]:
        config = OptimiserConfig(lr=1.0, **how)  # type: ignore[arg-type]
        return [learning_rate(config, step, 2, 8) for step in range(8)]

    assert rates() == [1.0] * 8
    assert rates(warmup=4)[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates(schedule="cosine")[0] == 1.0
    assert rates(schedule="cosine")[4] == pytest.approx(0.5)
    assert rates(schedule="step", step_epochs=2) == pytest.approx([1.0] * 4 + [0.1] * 4)
