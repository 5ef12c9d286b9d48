# Two commands matter: `make demo` and `make test`.  Each is enough alone on a fresh clone.

PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python,$(shell command -v $(p) 2>/dev/null)))
BIN := .venv/bin
OUT ?= out
CLIP ?=
XVFB := xvfb-run -a -s "-screen 0 1600x1000x24"

.PHONY: help setup demo screenshots test lint pytest clean torture soak faults bench

help:
	@echo "make demo [CLIP=path.mp4]   see the viewer (or, without a display, fill out/)"
	@echo "make test                   formatting, types, import rules and all tests"
	@echo "make screenshots            the window in its states, as pictures in out/screenshots"
	@echo "make setup                  create .venv with the tested set of packages"
	@echo "make lint | make pytest     the two halves of make test"
	@echo "make torture                broken media, kills, full disks, made-up files, and one table"
	@echo "make faults                 kill -9 at random moments, and what is left then"
	@echo "make soak [MINUTES=30]      random use of the real window, with what it holds counted"
	@echo "make bench [STEPS=...]       every benchmark of speed, into out/bench"
	@echo "make clean                  remove .venv, out/ and caches"

setup:
	@$(PYTHON) tools/setup_env.py

demo: setup
	@$(BIN)/python tools/demo.py --out "$(OUT)" $(if $(CLIP),--clip "$(CLIP)")

screenshots: setup
	@$(BIN)/python tools/screenshots.py --out "$(OUT)/screenshots"

test: lint pytest

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

pytest: setup
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

torture: setup
	$(XVFB) $(BIN)/python tests/torture/all.py

faults: setup
	$(BIN)/python tests/torture/kills.py

soak: setup
	$(XVFB) $(BIN)/python tests/soak/run.py --minutes $(or $(MINUTES),30)

bench: setup
	@$(BIN)/python tools/bench.py --out "$(OUT)/bench" $(STEPS)

clean:
	rm -rf .venv $(OUT) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
