"""What the documents say exists: files, names in them, command lines, all 48 particulars."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cubesal.cli.arguments import build_parser

CHECKOUT = Path(__file__).resolve().parent.parent
CP360 = (CHECKOUT / "docs" / "cp360.md").read_text(encoding="utf-8")
FIDELITY = CHECKOUT / "tests" / "model" / "fidelity"
REFERENCE = CHECKOUT / "tests" / "data" / "reference"
ROOTS = (CHECKOUT, CHECKOUT / "model" / "cubesal", FIDELITY, REFERENCE)

# `padding.py:pad_table`: a file, and perhaps a name that it defines.
FILE = re.compile(r"`([\w/]+\.(?:py|toml|npz))(?::(\w+))?`")


def commands_in(text: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("cubesal ")]


COMMANDS = [
    pytest.param(line, id=f"{document}-{number}")
    for document in ("docs/cp360.md", "README.md")
    for number, line in enumerate(
        commands_in((CHECKOUT / document).read_text(encoding="utf-8")), start=1
    )
]


def test_every_particular_of_the_published_code_has_one_whole_row() -> None:
    rows = [line for line in CP360.splitlines() if re.match(r"\|\s*\d+ \|", line)]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [int(row[0]) for row in cells] == list(range(1, 49))
    assert all(len(row) == 5 and all(row) for row in cells)


@pytest.mark.parametrize(("path", "name"), sorted(set(FILE.findall(CP360))))
def test_files_and_names_that_are_mentioned_exist(path: str, name: str) -> None:
    file = next((root / path for root in ROOTS if (root / path).is_file()), None)
    assert file is not None, path
    if name:
        text = file.read_text(encoding="utf-8")
        assert re.search(rf"^(def |class )?{name}\b", text, flags=re.MULTILINE), f"{path}: {name}"


def test_every_fidelity_test_and_every_record_is_listed() -> None:
    mentioned = {path for path, _ in FILE.findall(CP360)}
    tests = {path.name for path in FIDELITY.glob("test_*.py")}
    records = {path.name for path in REFERENCE.glob("*.npz")}
    assert tests
    assert records
    assert tests | records <= mentioned


def test_the_document_has_commands_to_follow() -> None:
    assert len(commands_in(CP360)) > 5


@pytest.mark.parametrize("line", COMMANDS)
def test_command_lines_can_be_typed_as_they_stand(line: str) -> None:
    program, *words = shlex.split(line, comments=True)
    assert program == "cubesal"
    build_parser().parse_args(words)
