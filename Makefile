# Two commands set everything up: `make demo` and `make test`. They need Python 3.11 to 3.13 and make.

# The first Python on the path that is new enough; `make PYTHON=... test` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && \
	echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-long check lint types bench clean

demo: $(VENV)/.core
	@$(BIN)/bylaw demo demo

test: check
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not long"

test-long: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal -m long tests

check: lint types

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# `make bench SIZES="1000 10000 100000" CHARTS=docs/performance` takes hours and draws anew what the page shows.
SIZES ?= 1000 4000
CHARTS ?=

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/answers.py
	$(BIN)/python benchmarks/limits.py
	$(BIN)/python benchmarks/advise.py
	$(BIN)/python benchmarks/cohorts.py --sizes $(SIZES) $(if $(CHARTS),--charts $(CHARTS))
	$(BIN)/python benchmarks/rivals.py --sizes $(SIZES) $(if $(CHARTS),--charts $(CHARTS))

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "bylaw needs Python 3.11, 3.12 or 3.13 on the path" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.core: $(VENV)/.python pyproject.toml
	$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml
	$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.core

$(VENV)/.bench: $(VENV)/.python pyproject.toml
	$(PIP) install --editable '.[bench]'
	@touch $@

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
