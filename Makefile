# Two commands matter: `make run` and `make test`. The rest is what they are made of.
# Stamps (.venv/.run, .venv/.test, frontend/node_modules/.ready) make a second call cheap.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
MAKEFLAGS += --no-print-directory

# Debian's own first: one built from source without profile-guided optimisation takes 1.3 times as long for everything.
PYTHON ?= /usr/bin/python3.11 $(shell command -v python3.11) $(shell command -v python3)
PYTEST ?= -n 3 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check
WEB_SOURCES := $(shell find frontend -type d \( -name node_modules -o -name dist \) -prune -o -type f -print)

.PHONY: run test lint format bench fuzz openapi setup web peers ready

run: .venv/.run web
	.venv/bin/python contrib/run.py

test:
	$(MAKE) -j 4 ready
	.venv/bin/python -m pytest $(PYTEST)

ready: setup peers web tests/imapflow/node_modules/.ready tests/mailauth/node_modules/.ready

lint: setup frontend/node_modules/.ready
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	cd frontend && npm run --silent lint && npm run --silent check

format: setup frontend/node_modules/.ready
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	cd frontend && npm run --silent format

# Side by side with Postfix and Dovecot, as root on a quiet machine: about ten minutes. Writes docs/benchmarks.md and .svg.
bench: setup peers
	.venv/bin/python -m tests.bench $(if $(ONLY),--only $(ONLY))

# Every property of a parser on ever new input, ten minutes each: MINUTES=1 for a look, ONLY=tests/unit/proto for a part, JOBS=1.
fuzz: setup
	.venv/bin/python -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ONLY),--only $(ONLY)) $(if $(JOBS),--jobs $(JOBS))

# The API's description is what the code says, and the web client's types are what the description says.
openapi: setup frontend/node_modules/.ready
	.venv/bin/python -m backend.openapi > openapi.yaml
	cd frontend && npm run --silent api

setup: .venv/.run .venv/.test

web: frontend/dist/index.html

peers: .venv/.run
	.venv/bin/python tests/support/install.py

.venv/bin/python:
	contrib/venv $(PYTHON)

.venv/.run: requirements/build.txt requirements/run.txt pyproject.toml | .venv/bin/python
	$(PIP) --require-hashes -r requirements/build.txt
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.test: requirements/test.txt .venv/.run
	$(PIP) --require-hashes -r requirements/test.txt
	touch $@

frontend/node_modules/.ready: frontend/package.json frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund
	touch $@

# A mail client from npm that the IMAP tests converse with.
tests/imapflow/node_modules/.ready: tests/imapflow/package.json tests/imapflow/package-lock.json
	cd tests/imapflow && npm ci --no-audit --no-fund
	touch $@

# What other mail servers verify and sign with, from npm.
tests/mailauth/node_modules/.ready: tests/mailauth/package.json tests/mailauth/package-lock.json
	cd tests/mailauth && npm ci --no-audit --no-fund
	touch $@

frontend/dist/index.html: frontend/node_modules/.ready $(WEB_SOURCES)
	cd frontend && npm run --silent build
	touch $@
