# Everything a newcomer needs; each target does its own set-up. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find bundled_functions sql src/carto_at_installer/bundle src/carto_at_installer/catalog src/carto_at_installer/documents \
	src/carto_at_installer/sql -type f -not -name '*.pyc' 2>/dev/null) hatch_build.py pyproject.toml \
	src/carto_at_installer/__about__.py
SANDBOX_HOME := $(CURDIR)/build/demo-sandbox

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint unit properties engine functional crashes boundary packaging docs bench build wheelhouse clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[sandbox]' --group dev
	@touch $@

build/bundle/manifest.json: $(VENV)/.installed $(SOURCES)
	$(BIN)/python -m carto_at_installer.bundle build

setup: build/bundle/manifest.json ## Make the virtual environment for development

build/demo-venv/.installed: $(SOURCES) $(shell find src -name '*.py')
	rm -rf build/demo-venv
	$(PYTHON) -m venv build/demo-venv
	build/demo-venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	build/demo-venv/bin/python -m pip install --quiet '.[sandbox]'
	@touch $@

demo: build/demo-venv/.installed ## Install the package, then the toolbox into the sandbox, and query it
	CARTO_AT_SANDBOX_HOME=$(SANDBOX_HOME) PATH="$(CURDIR)/build/demo-venv/bin:$$PATH" bash examples/demo.sh

test: lint unit properties engine functional boundary packaging ## Run every check and test

lint: setup ## Style, types and import directions
	$(BIN)/ruff check --quiet --output-format concise
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy

unit: setup ## Tests without input and output, in seconds
	$(BIN)/python -m pytest -q -n 2 tests/unit

properties: setup ## Many made-up examples for each property of the Lambda code
	CARTO_AT_EXAMPLES=60 $(BIN)/python -m pytest -q -n 2 -m property tests

engine: setup ## Tests of the sandbox's SQL engine
	$(BIN)/python -m pytest -q -n 2 tests/engine

functional: setup ## Tests of the commands against the sandbox
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/functional

crashes: setup ## Kill every command before and after every changing call
	CARTO_AT_ALL_MOMENTS=1 $(BIN)/python -m pytest -q tests/functional/test_crashes.py

boundary: setup ## Tests of what is assumed of other libraries
	$(BIN)/python -m pytest -q tests/boundary

packaging: setup ## Build the wheel, install it offline and run it
	$(BIN)/python -m pytest -q tests/packaging

docs: setup ## Write the generated pages of the documentation
	$(BIN)/python -m docs.generate

bench: setup ## Measure, and write benchmarks/report.md
	$(BIN)/python -m pip install --quiet --no-deps 'turfpy==0.0.8'
	$(BIN)/python -m benchmarks.report

build: setup ## Build the wheel and the source archive into dist/
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

wheelhouse: build ## Collect all wheels for an offline installation in dist/wheelhouse
	$(BIN)/python -m pip wheel --quiet --wheel-dir dist/wheelhouse dist/*.whl

clean: ## Delete what was built
	rm -rf build dist $(VENV)
