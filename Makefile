# Two commands do everything on a fresh machine with Python 3.11+ and make: `make run` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test lint format lock clean

run: .venv/run
	@$(BIN)/archway serve

test: .venv/test
	$(BIN)/python -m pytest -q

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Locked dependencies with hashes; the stamp files remember which lock an environment was made from.
.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Archway needs Python 3.11 or later: make PYTHON=python3.11 ...")'
	@echo "Making the environment in .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/python locks/run.txt pyproject.toml
	@$(PIP) install --require-hashes -r locks/run.txt
	@$(PIP) install --no-deps --editable .
	@touch $@

.venv/test: .venv/run locks/test.txt
	@$(PIP) install --require-hashes -r locks/test.txt
	@touch $@

.venv/judges: .venv/test locks/judges.txt
	@$(PIP) install --require-hashes -r locks/judges.txt
	@touch $@

# For whoever changes a dependency; needs uv. No index address may come into a lock.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o locks/run.txt $(UPGRADE)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group test -c locks/run.txt -o locks/test.txt $(UPGRADE)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group test --group judges -c locks/test.txt -o locks/judges.txt $(UPGRADE)

clean:
	rm -rf .venv build data .mypy_cache .pytest_cache .ruff_cache
