"""Threads share one heap, so that what one of them frees serves the others."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

#: Threads that all hold large blocks at once make glibc give each an arena of its own.
SCRIPT = """
import ctypes, re, threading
{call}
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
meeting = threading.Barrier(8)
def work():
    for _ in range(200):
        libc.free(ctypes.c_void_p(libc.malloc(5000)))
        meeting.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
text, size = ctypes.c_char_p(), ctypes.c_size_t()
libc.open_memstream.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
libc.malloc_info(0, stream)
libc.fclose(stream)
print(len(re.findall(b"<heap nr=", text.value)))
"""
CALL = "from cubesal.heap import share_one_heap; share_one_heap()"


def arenas(call: str, **variables: str) -> int:
    """How many arenas a process has after its threads have allocated."""
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_ARENA_MAX"} | variables
    command = [sys.executable, "-c", SCRIPT.format(call=call)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library")
def test_threads_share_a_heap_unless_the_user_says_otherwise() -> None:
    assert arenas("") > 2
    assert arenas(CALL) <= 2
    assert arenas(CALL, MALLOC_ARENA_MAX="6") > 2
