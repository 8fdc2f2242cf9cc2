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

# What deploy, remove and list work on: `make deploy cloud=redshift modules=quadbin,h3 env=prod diff=1`. The target comes from
# carto-at.yml, CARTO_AT_ variables, or args='--cluster-id my-cluster --database dev'; sandbox=1 is the sandbox's cluster.
CARTO_AT = $(BIN)/carto-at
PLACE = $(if $(config),--config '$(config)') $(if $(env),--env '$(env)') \
	$(if $(sandbox),--sandbox --cluster-id demo --database dev)
SELECTION = $(if $(cloud),--cloud '$(cloud)') $(if $(modules),--modules '$(modules)') $(if $(functions),--functions '$(functions)') \
	$(if $(exclude),--exclude '$(exclude)') $(if $(diff),--diff) $(if $(since),--changed-since '$(since)')

.DEFAULT_GOAL := help
.PHONY: help setup deploy deploy-lambdas deploy-functions remove list validate package demo test lint unit properties engine functional crashes boundary packaging docs bench build wheelhouse clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

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

deploy: setup ## Install the chosen functions, from these sources
	$(CARTO_AT) install $(PLACE) $(SELECTION) $(args)

deploy-lambdas: setup ## Install what is in AWS only: roles, logs, layer, Lambda functions
	$(CARTO_AT) install --lambdas-only $(PLACE) $(SELECTION) $(args)

deploy-functions: setup ## Install what is in the database only, on Lambda functions that are there
	$(CARTO_AT) install --sql-only $(PLACE) $(SELECTION) $(args)

remove: setup ## Remove the installation, or the chosen functions; yes=1 does not ask
	$(CARTO_AT) uninstall $(PLACE) $(SELECTION) $(if $(yes),--yes) $(args)

list: setup ## List the chosen functions
	$(CARTO_AT) list $(if $(diff),$(PLACE)) $(SELECTION) $(args)

validate: setup ## Check the catalog and the SQL templates
	$(CARTO_AT) validate bundled_functions $(args)

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
	$(BIN)/python -m pytest -q -n 2 -m "not thorough" tests/unit

properties: setup ## Many made-up examples for each property of the Lambda code, and what else takes seconds
	CARTO_AT_EXAMPLES=40 $(BIN)/python -m pytest -q -n 2 -m "property or thorough" tests/unit

engine: setup ## Tests of the sandbox's SQL engine
	$(BIN)/python -m pytest -q -n 2 tests/engine

functional: setup ## Tests of the commands against the sandbox
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/functional

crashes: setup ## Kill every command at every call (EXTENT=changing: at every changing one)
	CARTO_AT_CRASHES=$(or $(EXTENT),all) $(BIN)/python -m pytest -q -n 2 tests/functional/test_crashes.py

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

package: wheelhouse ## Everything that is given away: wheel, source archive, wheelhouse

wheelhouse: build ## Collect all wheels for an offline installation in dist/wheelhouse
	$(BIN)/python -m pip wheel --quiet --wheel-dir dist/wheelhouse dist/*.whl

clean: ## Delete what was built
	rm -rf build dist $(VENV)
