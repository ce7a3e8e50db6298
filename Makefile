# Two commands do everything on a fresh machine with Python 3.11+ and make: `make run` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test lint format judges test-playground-teams bench chaos mutations gallery lock clean

run: $(VENV)/.run
	@$(BIN)/archway serve

test: $(VENV)/.test
	$(BIN)/python -m pytest -q -m "not judge" -n $(WORKERS) --dist worksteal

lint: $(VENV)/.judges
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.judges
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Validators that nobody here wrote: needs npm.
judges: $(VENV)/.judges judges/node_modules/.installed
	ARCHWAY_JUDGES=1 $(BIN)/python -m pytest -q -m judge --ignore tests/playground_teams

# Microsoft's own test client, headless: needs npm and Chromium. Screenshots go to build/playground_teams.
test-playground-teams: $(VENV)/.test
	npm ci --prefix tests/playground_teams --no-audit --no-fund --loglevel=error
	ARCHWAY_PLAYGROUND=1 $(BIN)/python -m pytest -q tests/playground_teams

bench: $(VENV)/.judges
	$(BIN)/python bench/run.py

# Kills, crashes and faults, minutes of them, on SQLite and on PostgreSQL (its binaries are enough): CHAOS="--seed 7 --messages 20000 --decisions 2000".
chaos: $(VENV)/.test
	$(BIN)/python -m tests.chaos $(CHAOS)

# Small faults in decision rights, tally, signatures and record, one by one: does a test notice? An hour; MUTATIONS="--sample 20 --seed 7".
mutations: $(VENV)/.test
	$(BIN)/python bench/mutations.py $(MUTATIONS)

gallery: $(VENV)/.run
	@$(BIN)/archway gallery -o build/gallery

# Locked dependencies with hashes; a stamp file remembers which lock an environment was made from.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit("Archway needs Python 3.11 or later: make PYTHON=python3.13" if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made locks/run.txt pyproject.toml
	@$(PIP) install --require-hashes -r locks/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run locks/test.txt
	@$(PIP) install --require-hashes -r locks/test.txt
	@touch $@

$(VENV)/.judges: $(VENV)/.test locks/judges.txt
	@$(PIP) install --require-hashes -r locks/judges.txt
	@touch $@

judges/node_modules/.installed: judges/package-lock.json
	npm ci --prefix judges --no-audit --no-fund --loglevel=error
	@touch $@

# For whoever changes a dependency; needs uv. No index address may come into a lock.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock:
	$(COMPILE) pyproject.toml --group build -o locks/run.txt $(UPGRADE)
	$(COMPILE) pyproject.toml --group build --group test -c locks/run.txt -o locks/test.txt $(UPGRADE)
	$(COMPILE) pyproject.toml --group build --group test --group judges -c locks/test.txt -o locks/judges.txt $(UPGRADE)

clean:
	rm -rf .venv build data .mypy_cache .pytest_cache .ruff_cache judges/node_modules tests/playground_teams/node_modules
