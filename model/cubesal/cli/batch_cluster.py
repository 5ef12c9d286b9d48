"""The workers of ``cubesal batch`` on a cluster: those of a Dask scheduler."""

from __future__ import annotations

import re
import socket
from collections.abc import Generator, Iterator
from importlib import import_module
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from cubesal.cli.batch_job import BatchJob, ClipOutcome, ClipTask
from cubesal.cli.console import Console
from cubesal.errors import DeviceError

__all__ = ["cluster_outcomes", "connect"]

_ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss)://\S+:\d+/?")
_CONNECT_S = 10
_ENDING_S = 10


def connect(address: str) -> Any:
    """A client of the scheduler. DeviceError: no Dask here, or nobody answers there."""
    try:
        _check_address(address)
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise DeviceError(
            "--cluster needs Dask, which is not installed; install cubesal-viewer[cluster]"
        ) from error
    try:
        _knock(address)
        return distributed.Client(address, timeout=_CONNECT_S)
    except (OSError, ValueError, TypeError) as error:
        raise DeviceError(
            f"no Dask scheduler answers at {address}; give the address that it printed when it "
            "started, such as tcp://host:8786"
        ) from error


def _knock(address: str) -> None:
    """OSError at once where nobody listens: Dask would try again for all of its time."""
    place = urlsplit(address)
    if place.hostname is not None and place.port is not None:
        socket.create_connection((place.hostname, place.port), timeout=_CONNECT_S).close()


def _check_address(address: str) -> None:
    """Dask itself takes twenty seconds to refuse what is none, and does not do it well."""
    if _ADDRESS.fullmatch(address) is None:
        raise DeviceError(f"{address!r} is no address of a Dask scheduler, such as tcp://host:8786")


def cluster_outcomes(
    tasks: Iterator[ClipTask], job: BatchJob, client: Any, console: Console
) -> Generator[ClipOutcome, None, None]:
    """The outcome of each task, as they come. Dask gives the clip of a dead worker to another.

    Closing the generator takes back what has not begun, and stops the rest at the next frame.
    """
    distributed: Any = import_module("distributed")
    if not client.scheduler_info()["workers"]:
        console.note("the scheduler has no workers yet; waiting for them")
    token = token_hex(4)
    given: dict[Any, ClipTask] = {}
    try:
        for number, task in enumerate(tasks):
            key = f"cubesal-{token}-{number}"
            given[client.submit(_do, task, job, key=key, pure=False)] = task
        for future in distributed.as_completed(list(given)) if given else ():
            yield _outcome(future, given[future])
            # So that neither here nor there the answers of thousands of clips pile up.
            future.release()
    finally:
        _end(client, job, list(given))


def _outcome(future: Any, task: ClipTask) -> ClipOutcome:
    if future.status == "finished":
        outcome: ClipOutcome = future.result()
        return outcome
    path = task.clip.path
    if future.status != "error":
        return ClipOutcome(str(path), "failed", error=f"{path}: the Dask scheduler was lost")
    error = future.exception()
    words = f"the worker could not do it: {type(error).__name__}: {error}"
    if type(error).__name__ == "KilledWorker":
        words = "the workers that tried it died, one after the other (too little memory?)"
    elif isinstance(error, ImportError):
        words = f"the worker lacks this version of cubesal, or a package of it ({error})"
    return ClipOutcome(str(path), "failed", error=f"{path}: {words}")


def _end(client: Any, job: BatchJob, futures: list[Any]) -> None:
    pending = [future for future in futures if not future.done()]
    job.stop()
    if not pending:
        return
    waiting = client.processing()
    begun = {key for keys in waiting.values() for key in keys}
    client.cancel([future for future in pending if future.key not in begun])
    try:
        import_module("distributed").wait(
            [future for future in pending if future.key in begun], timeout=_ENDING_S
        )
    except Exception:  # whatever goes wrong with workers that we leave: the folder goes with us
        return


def _do(task: ClipTask, job: BatchJob) -> ClipOutcome:
    from cubesal.cli.batch_work import do_clip

    return do_clip(task, job)
