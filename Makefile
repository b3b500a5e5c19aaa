# Everything starts here: `make try` and `make test` set up what they need, once, in .venv,
# and again when a lock file or the Python changes. Nothing is installed outside this folder.

PYTHON ?= python3
ARGS ?=
KILLS ?= 50

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
BIN := .venv/bin
FRESH := .venv/.made-by-$(VERSION)
RUNS := .venv/.can-run-$(VERSION)
TESTS := .venv/.can-test-$(VERSION)

# Wheels only: no compiler is asked for, and no code of a package runs while it is installed.
INSTALL := $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check --no-compile
# The locks are complete: nothing is resolved, so a release of today can't change what is installed.
LOCKED := $(INSTALL) --only-binary :all: --require-hashes --no-deps
ITSELF := $(INSTALL) --no-deps --no-build-isolation --editable .

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help try test check lock bench campaign clean

help: ## this list
	@echo "Use: make WHAT [PYTHON=python3.13] [ARGS='...']"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r what why; do \
	    printf '  make %-10s %s\n' $$what "$$why"; done

try: $(RUNS) ## the study hall in your browser; ARGS=--tour prints a whole week
	@$(BIN)/studyhall try $(ARGS)

# As many tests at once as there are processors. Those of a file stay together, as they share what
# is slow to set up, and files keep their order, which has the short ones last: nobody waits long
# for the other's last file. A part is run plainly; a large one is quicker with -n auto.
ALL := --cov --numprocesses auto --dist loadfile --no-loadscope-reorder

# Byte code is kept even if the environment says no: hundreds of processes are started, and each
# would compile every library that it imports.
test: export PYTHONDONTWRITEBYTECODE =
test: $(TESTS) ## all tests, and which lines none of them ran; or ARGS=tests/bot, a part
	$(BIN)/python -m pytest $(or $(ARGS),$(ALL))

check: $(TESTS) ## style, types, import rules and the shipped series
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@for series in lessons/series/*/; do \
	    echo "$(BIN)/studyhall check $$series"; $(BIN)/studyhall check "$$series" || exit 1; done

# The runtime lock is held to the versions of the other one, so that what is tested is what runs.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-header --no-annotate
lock: $(TESTS) ## both lock files again from pyproject.toml; ARGS=--upgrade for new versions
	$(LOCK) $(ARGS) --group dev --output-file requirements-dev.lock
	$(LOCK) $(ARGS) --group build --constraint requirements-dev.lock --output-file requirements.lock

bench: $(TESTS) ## answers a second, how late the loop is, beside plainer ways to store
	@for bench in tests/bench/bench_*.py; do \
	    echo "== $$bench"; $(BIN)/python -m "tests.bench.$$(basename $$bench .py)" $(ARGS) || exit 1; done

campaign: $(TESTS) ## kill -9 again and again, in the hall, a Discord and a Slack; KILLS=50
	$(BIN)/python tests/campaign/kill_nine.py --kills $(KILLS) $(ARGS)
	$(BIN)/python -W ignore -m tests.campaign.kill_discord --kills $(KILLS) $(ARGS)
	$(BIN)/python -W ignore -m tests.campaign.kill_slack --kills $(KILLS) $(ARGS)

clean: ## remove .venv, caches and build leftovers; no study hall's data
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache .coverage .coverage.* htmlcov
	find adapters bot lessons tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(FRESH):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	    echo "Studyhall needs Python 3.11, 3.12 or 3.13, and '$(PYTHON)' is $(or $(VERSION),not there)."; \
	    echo "If another one is installed, name it: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "This Python can't make virtual environments: its venv module is missing."; \
	    echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Making .venv with Python $(VERSION) ..."
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@touch $@

$(RUNS): requirements.lock pyproject.toml | $(FRESH)
	@echo "Installing what Studyhall needs to run ..."
	@$(LOCKED) --requirement requirements.lock
	@$(ITSELF)
	@touch $@

$(TESTS): requirements-dev.lock pyproject.toml | $(FRESH)
	@echo "Installing what Studyhall needs to run and to be tested ..."
	@$(LOCKED) --requirement requirements-dev.lock
	@$(ITSELF)
	@touch $@ $(RUNS)
