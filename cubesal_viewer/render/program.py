"""Shader programs: load from ``shaders/``, resolve includes, compile, link, set uniforms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cubesal_viewer import assets
from cubesal_viewer.render.errors import RenderError
from cubesal_viewer.render.gl import GL

__all__ = [
    "Program",
    "Uniform",
    "compile_stage",
    "explain_log",
    "resolve_includes",
    "with_defines",
]

Uniform: TypeAlias = int | float | tuple[float, ...] | NDArray[np.floating]
ReadText: TypeAlias = Callable[[str], str]

LINES_PER_FILE: Final = 10_000
_INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"\s*$')
# Mesa: 0:12(5): error; NVIDIA: 0(12) : error; AMD, Intel and Apple: ERROR: 0:12:
_LOG_PLACE = re.compile(r"\b\d+(?::(\d+)(?:\(\d+\))?|\((\d+)\))")


def resolve_includes(name: str, read: ReadText = assets.shader_text) -> tuple[str, list[str]]:
    """Source of shader ``name`` with every ``#include "file"`` put in once, and the files used.

    ``#line`` directives count the lines of the n-th file of the returned list from n times
    ``LINES_PER_FILE`` on, so that a compiler's message can be led back to file and line.  (They
    could carry the file's number beside the line's, but Mesa leaves that out of its messages.)

    Raises:
        FileNotFoundError: the shader or a file it includes does not exist.
    """
    files: list[str] = []
    return "\n".join(_expanded(name, files, read)) + "\n", files


def _expanded(name: str, files: list[str], read: ReadText) -> list[str]:
    number = len(files)
    files.append(name)
    lines: list[str] = []
    for line_number, line in enumerate(read(name).splitlines(), start=1):
        match = _INCLUDE.match(line)
        if match is None:
            lines.append(line)
            continue
        included = match.group(1)
        if included not in files:
            lines.append(f"#line {len(files) * LINES_PER_FILE + 1}")
            lines += _expanded(included, files, read)
        lines.append(f"#line {number * LINES_PER_FILE + line_number + 1}")
    return lines


def with_defines(source: str, defines: Mapping[str, int]) -> str:
    """The source with macros defined right after its first line, ``#version``."""
    version, rest = source.split("\n", 1)
    macros = "".join(f"#define {name} {value}\n" for name, value in defines.items())
    return f"{version}\n{macros}#line 2\n{rest}"


def explain_log(log: str, files: Sequence[str]) -> str:
    """The first message of a compiler log, its place written as ``file:line``."""
    lines = [line.strip() for line in log.replace("\0", "").splitlines() if line.strip()]
    first = next((line for line in lines if "error" in line.lower()), lines[0] if lines else log)

    def place(match: re.Match[str]) -> str:
        number, line = divmod(int(match.group(1) or match.group(2)), LINES_PER_FILE)
        return f"{files[number]}:{line}" if number < len(files) else match.group(0)

    return _LOG_PLACE.sub(place, first, count=1)


def _text(log: bytes | str) -> str:
    return log.decode(errors="replace") if isinstance(log, bytes) else log


def compile_stage(source: str, files: Sequence[str], stage: int) -> int:
    """Compile resolved source; returns the shader's GL name.

    Raises:
        RenderError: naming the file, the line and the compiler's first complaint.
    """
    shader = GL.glCreateShader(stage)
    GL.glShaderSource(shader, source)
    GL.glCompileShader(shader)
    if GL.glGetShaderiv(shader, GL.GL_COMPILE_STATUS):
        return int(shader)
    log = _text(GL.glGetShaderInfoLog(shader))
    GL.glDeleteShader(shader)
    raise RenderError(
        f"the graphics driver cannot compile the shader {files[0]}: {explain_log(log, files)}"
    )


class Program:
    """A linked pair of shaders, compiled with the given ``#define`` switches.

    All methods need the context it was made in to be current.
    """

    def __init__(
        self, vertex: str, fragment: str, defines: Mapping[str, int] | None = None
    ) -> None:
        self.name = fragment
        self._defines = defines or {}
        self._sources = ""
        self._locations: dict[str, int] = {}
        self._id = self._linked(vertex, fragment)

    def _linked(self, vertex: str, fragment: str) -> int:
        program = GL.glCreateProgram()
        stages = [(vertex, GL.GL_VERTEX_SHADER), (fragment, GL.GL_FRAGMENT_SHADER)]
        for name, kind in stages:
            source, files = resolve_includes(name)
            source = with_defines(source, self._defines)
            self._sources += source
            shader = compile_stage(source, files, kind)
            GL.glAttachShader(program, shader)
            GL.glDeleteShader(shader)  # marked only: it lives as long as the program
        GL.glLinkProgram(program)
        if not GL.glGetProgramiv(program, GL.GL_LINK_STATUS):
            log = _text(GL.glGetProgramInfoLog(program))
            raise RenderError(f"the graphics driver cannot link the shader {fragment}: {log}")
        return int(program)

    def use(self, uniforms: Mapping[str, Uniform]) -> None:
        """Make it current and set its uniforms: int, float, tuples of 2-4 floats, (3, 3) arrays.

        Raises:
            KeyError: a name that appears nowhere in the shaders.
        """
        GL.glUseProgram(self._id)
        for name, value in uniforms.items():
            location = self._location(name)
            if location >= 0:
                _set_uniform(location, value)

    def _location(self, name: str) -> int:
        if name not in self._locations:
            # The compiler drops unused uniforms, so -1 alone does not reveal a misspelt name.
            if re.search(rf"\b{name}\b", self._sources) is None:
                raise KeyError(f"{self.name} has no uniform {name}")
            self._locations[name] = int(GL.glGetUniformLocation(self._id, name))
        return self._locations[name]

    def release(self) -> None:
        """Delete it on the GPU; may be called again."""
        if self._id:
            GL.glDeleteProgram(self._id)
            self._id = 0


def _set_uniform(location: int, value: Uniform) -> None:
    if isinstance(value, np.ndarray):
        matrix = np.ascontiguousarray(value, np.float32)
        if matrix.shape != (3, 3):
            raise ValueError(f"a matrix uniform has shape (3, 3), not {matrix.shape}")
        GL.glUniformMatrix3fv(location, 1, GL.GL_TRUE, matrix)  # rows first, hence transposed
    elif isinstance(value, tuple):
        {2: GL.glUniform2f, 3: GL.glUniform3f, 4: GL.glUniform4f}[len(value)](location, *value)
    elif isinstance(value, int):
        GL.glUniform1i(location, value)
    else:
        GL.glUniform1f(location, value)
