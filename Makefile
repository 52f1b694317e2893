# make run: the lab, from nothing. make test: every check, from nothing. make test-long: the large sizes, for hours.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
INSTALLED := $(VENV)/.installed
EXTRA := $(VENV)/.extra

.PHONY: run test test-extra test-long lint types layers tests format messages clean

run: $(RUNTIME)
	@$(BIN)/lyricterm $(ARGS)

test: lint types layers tests

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

layers: $(INSTALLED)
	$(BIN)/lint-imports

tests: $(INSTALLED)
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

# The tests that need more: minutes (kills, mutated files, storms of keys, whole exercises), a browser (Debian's
# chromium), Ray, or several processes at once.
test-extra: $(EXTRA)
	$(BIN)/pytest -n 2 --dist loadfile -m "slow and not long" $(ARGS)
	$(BIN)/pytest -m "browser or cluster" $(ARGS)

test-long: $(INSTALLED)
	$(BIN)/pytest -m long $(ARGS)

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Collect the messages anew, carry the translations over, compile the catalogue.
messages: $(INSTALLED)
	$(BIN)/python -m tests.messages

$(RUNTIME): pyproject.toml constraints.txt $(wildcard lyricterm/locale/*/LC_MESSAGES/*.po)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lyricterm needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(INSTALLED): $(RUNTIME)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

$(EXTRA): $(INSTALLED)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,sweep]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
