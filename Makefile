# Fairbook on this machine. Needs Python 3.11+ and make, nothing else.

PYTHON ?= python3
PORT ?= 8000

RUN := .venv/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check --quiet install --root-user-action=ignore

.DEFAULT_GOAL := help
.PHONY: help setup up stop fresh test test-all check fix bench compile

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' Makefile | while IFS='|' read -r target text; \
		do printf '  make %-9s %s\n' "$$target" "$$text"; done

setup: .venv/runs ## virtual environment and packages

up: .venv/runs ## run the exchange on http://127.0.0.1:8000 (PORT=…) until Ctrl-C
	@FAIRBOOK_SUPERVISOR_PID=$$PPID exec $(RUN) -m exchange.up --port $(PORT)

stop: .venv/runs ## stop it from another terminal; the data is kept
	@$(RUN) -m exchange.embedded stop

fresh: .venv/runs ## stop it and delete all data
	@$(RUN) -m exchange.embedded wipe

# Tests have servers of their own; `make up` may run meanwhile.
test test-all check: export FAIRBOOK_VAR = var/test

test: .venv/develops ## the tests that take seconds
	@$(RUN) -m pytest -q -m "not slow"

test-all: .venv/develops ## all tests: races, faults and browsers too
	@$(RUN) -m pytest -q

check: .venv/develops ## style, types, import contracts, migrations, deployment settings
	@echo "== ruff check"
	@$(RUN) -m ruff check
	@echo "== ruff format"
	@$(RUN) -m ruff format --check
	@echo "== mypy"
	@$(RUN) -m mypy .
	@echo "== lint-imports"
	@.venv/bin/lint-imports
	@echo "== architecture"
	@$(RUN) -m pytest -q tests/architecture
	@echo "== makemigrations --check"
	@$(RUN) manage.py makemigrations --check --dry-run
	@echo "== check --deploy"
	@SECRET_KEY=$$($(RUN) -c "import secrets; print(secrets.token_urlsafe(64))") \
		HTTPS=True ALLOWED_HOSTS=exchange.example \
		$(RUN) manage.py check --deploy --fail-level WARNING

fix: .venv/develops ## what ruff can repair by itself
	@$(RUN) -m ruff check --fix
	@$(RUN) -m ruff format

bench: .venv/runs ## the benchmark, in a database of its own
	@$(RUN) manage.py bench

compile: .venv/develops ## the matcher as machine code, never needed (needs a C compiler)
	@$(RUN) -m exchange.compiled $${FAIRBOOK_VAR:-var}/compiled

# The stamps say which packages are installed; they follow the requirement files.
.venv/develops: requirements-dev.txt .venv/runs
	@echo "Installing the development packages …"
	@$(PIP) -r requirements-dev.txt
	@touch $@

.venv/runs: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Fairbook needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.x"; exit 1; }
	@test -x .venv/bin/pip || $(PYTHON) -m venv .venv
	@echo "Installing the packages …"
	@$(PIP) -r requirements.txt
	@touch $@
