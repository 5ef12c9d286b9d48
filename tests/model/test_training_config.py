"""A configuration is taken as it is written, or refused in one sentence that names the key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cubesal.errors import TrainingError
from cubesal.training.config import OptimiserConfig, TrainingConfig
from cubesal.training.config_file import as_table, difference, load_config
from cubesal.training.loop import learning_rate

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def written(folder: Path, text: str) -> Path:
    path = folder / "training.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["cp360", "default", "tiny"])
def test_what_is_shipped_can_be_read(name: str) -> None:
    config = load_config(CONFIGS / f"{name}.toml")
    channels = config.data.channels or 1000
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
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_file(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(TrainingError) as caught:
        load_config(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


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
