"""Shaders are found, put together and, when wrong, blamed at the right file and line."""

from __future__ import annotations

import pytest

from cubesal_viewer.render import RenderError
from cubesal_viewer.render.gl import GL
from cubesal_viewer.render.program import (
    Program,
    compile_stage,
    explain_log,
    resolve_includes,
)

FILES = {
    "main.frag": '#version 330 core\n#include "a.glsl"\n#include "b.glsl"\nvoid main() {}\n',
    "a.glsl": '#include "b.glsl"\nfloat a() { return b(); }\n',
    "b.glsl": "float b() { return 1.0; }\n",
}


def test_an_include_is_put_in_once():
    source, files = resolve_includes("main.frag", FILES.__getitem__)
    assert source.count("float b()") == 1
    assert source.count("float a()") == 1
    assert files == ["main.frag", "a.glsl", "b.glsl"]


def test_a_missing_shader_is_named():
    with pytest.raises(FileNotFoundError, match=r"shaders/nowhere\.frag"):
        resolve_includes("nowhere.frag")


@pytest.mark.parametrize(
    "log",
    [
        "0:1(1): warning: x\n0:20007(12): error: `foo' undeclared\n",
        "0(20007) : error C1503: undefined variable `foo'\n",
        "ERROR: 0:20007: `foo' : undeclared identifier\0",
    ],
    ids=["Mesa", "NVIDIA", "AMD, Intel, Apple"],
)
def test_logs_of_every_driver_are_led_back_to_the_file(log):
    message = explain_log(log, ["main.frag", "a.glsl", "b.glsl"])
    assert "b.glsl:7" in message
    assert "foo" in message


def test_an_empty_log_is_no_reason_to_fail():
    assert explain_log("", ["main.frag"]) == ""


@pytest.mark.gl
@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ("a.glsl", "a.glsl:2"),
        ("b.glsl", "b.glsl:1"),
        ("main.frag", "main.frag:4"),
    ],
)
def test_a_shader_that_does_not_compile_is_blamed_at_file_and_line(target, broken, place):
    spoilt = FILES | {broken: FILES[broken].replace("{", "{ nonsense;")}
    source, files = resolve_includes("main.frag", spoilt.__getitem__)
    with target(8, 8), pytest.raises(RenderError, match=place):
        compile_stage(source, files, GL.GL_FRAGMENT_SHADER)


@pytest.mark.gl
def test_a_misspelt_uniform_is_an_error_not_a_silent_black_picture(target):
    with target(8, 8):
        program = Program("screen.vert", "nfov.frag")
        with pytest.raises(KeyError, match="half_extend"):
            program.use({"half_extend": (1.0, 1.0)})
        program.release()
        program.release()
