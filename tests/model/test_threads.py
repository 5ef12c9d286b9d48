"""Helpers that NumPy's products would wake stay away from a program whose threads are busy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: A window as far as it is made before anything is imported that brings NumPy.
SCRIPT = """
import os, sys
import cubesal_viewer.__main__
from cubesal.threads import multiply_alone
early = "numpy" in sys.modules
{call}
import numpy
a = numpy.ones((700, 700)); a @ a
print(early, len(os.listdir("/proc/self/task")))
"""
VARIABLES = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")


def threads(call: str, **variables: str) -> int:
    """How many threads a process has after a product of matrices."""
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES} | variables
    command = [sys.executable, "-c", SCRIPT.format(call=call)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    early, count = done.stdout.split()
    assert early == "False", "NumPy is there before anybody could tell it how many threads to have"
    return int(count)


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads as Linux lists them")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has no helpers")
def test_a_window_multiplies_on_the_thread_that_asks() -> None:
    assert threads("") > 1
    assert threads("multiply_alone()") == 1
    assert threads("multiply_alone()", OPENBLAS_NUM_THREADS="2") == 2
