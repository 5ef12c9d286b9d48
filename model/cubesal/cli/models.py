"""``cubesal models``: which networks there are, where their weights lie, whether they are sound."""

from __future__ import annotations

import json
from dataclasses import asdict

from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL, UNUSABLE
from cubesal.errors import CubesalError
from cubesal.model_adding import add_model
from cubesal.model_list import available_models, model_files
from cubesal.models import verify_model

__all__ = ["run"]


def run(options: Options, console: Console) -> int:
    """Carry out one action."""
    actions = {"list": _list, "where": _where, "verify": _verify, "add": _add}
    return actions[options.action](options, console)


def _list(options: Options, console: Console) -> int:
    models = available_models()
    if options.json:
        facts = [{**asdict(model), "available": model.available} for model in models]
        console.result(json.dumps(facts, indent=1))
        return DONE
    width = max(len(model.name) for model in models)
    for model in models:
        console.result(f"{model.name:{width}}  {model.description}")
        if model.problem is not None:
            console.result(f"{'':{width}}  not usable yet: {model.problem}")
    return DONE


def _where(options: Options, console: Console) -> int:
    del options
    models = available_models()
    width = max(len(model.name) for model in models)
    for model in models:
        if not model.available:
            console.result(f"{model.name:{width}}  ({model.problem})")
            continue
        for file in model_files(model.name):
            console.result(f"{model.name:{width}}  {file}")
    return DONE


def _verify(options: Options, console: Console) -> int:
    names = options.names or [model.name for model in available_models() if model.available]
    failed = 0
    for name in names:
        try:
            report = verify_model(name)
        except CubesalError as error:
            failed += 1
            console.error(str(error))
            continue
        except Exception as error:  # one model that fails in a new way must not hide the others
            failed += 1
            console.error(f"model {name!r} fails unexpectedly: {type(error).__name__}: {error}")
            continue
        console.result(
            f"{name}: sound; {report.parameters / 1e6:.1f} M parameters in "
            f"{' and '.join(map(str, report.paths))}, "
            f"{report.step_ms:.0f} ms per frame on {report.device}"
        )
    if failed == len(names):
        return UNUSABLE
    return PARTIAL if failed else DONE


def _add(options: Options, console: Console) -> int:
    kept = add_model(options.name, options.file)
    console.result(f"{options.name}: checked and kept as {kept}")
    return DONE
