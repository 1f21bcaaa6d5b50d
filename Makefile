# One command each: every target sets up .venv by itself, from the hash-pinned requirements/dev.txt.
# PYTHON chooses the interpreter (3.11 or newer; otherwise deploy/venv does); PORT_BASE moves the demo's ports (8000, 8001, 8002).

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Another project's environment must not reach ours.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME DJANGO_SETTINGS_MODULE
export PORT_BASE

PYTHON ?=
VENV := .venv
PY := $(VENV)/bin/python
APPS := beckn sessions catalog ocpi emsp
LOCATIONS ?= 100000
MINUTES ?= 2
INPUTS ?= 1000000
SEED ?= 1

.PHONY: help venv demo demo-reset test lint audit messages bench chaos apart chart fuzz

help: ## this list
	@sed -n 's/^\([a-z.-]*\):.*## /\1 /p' $(firstword $(MAKEFILE_LIST)) | while read -r name what; do \
		printf '  make %-12s %s\n' "$$name" "$$what"; done

venv: ## set up .venv only
	@PYTHON='$(PYTHON)' deploy/venv $(VENV)

demo: venv ## run everything: eMSP, workers, CPO simulator, reference BAP; Ctrl-C stops it
	@exec $(PY) -m emsp.demo

demo-reset: venv ## forget the demo's data, keys and ids
	@exec $(PY) -m emsp.demo reset

test: venv ## the whole test suite with coverage (NO_COV=1: without; ARGS='-k word': for pytest)
ifdef NO_COV
	@$(PY) -m pytest -W 'ignore:No directory at:UserWarning' $(ARGS)
else
	@$(PY) -m pytest -W 'ignore:No directory at:UserWarning' $(APPS:%=--cov=%) --cov-report= $(ARGS)
	@for app in $(APPS); do printf 'coverage of %-9s' $$app; \
		$(PY) -m coverage report --format=total --include="$$app/*" | sed 's/$$/%/'; done
endif

lint: venv ## style, import contracts, types
	@$(PY) -m ruff check .
	@$(VENV)/bin/lint-imports
	@$(PY) -m mypy $(APPS)

audit: ## look the pinned dependencies up among the known vulnerabilities (needs the index of packages)
	@PYTHON='$(PYTHON)' deploy/venv .venv-audit requirements/audit.txt
	@for list in base dev; do .venv-audit/bin/pip-audit --require-hashes --disable-pip --strict -r requirements/$$list.txt || exit 1; done

messages: venv ## the reference app's translations: collect, tell what is missing, compile
	@$(PY) -m deploy.translations

.env: | venv ## settings for docker-compose.yml with fresh keys, from .env.example; never overwrites
	@umask 077; $(PY) -m emsp.demo.dotenv < .env.example > .env.new && mv .env.new .env

bench: venv ## measure search, ACK, push and pull beside their floors (LOCATIONS=100000)
	@exec $(PY) -m emsp.demo manage bench search ack push pull --locations $(LOCATIONS)

chaos: venv ## kill processes under load and prove that nothing was lost (MINUTES=2)
	@exec $(PY) -m emsp.demo during chaos --minutes $(MINUTES)

apart: venv ## the same on two network namespaces, one cut off now and then (needs root)
	@exec $(PY) -m emsp.demo apart chaos --apart --minutes $(MINUTES)

chart: venv ## lint, render and check the Helm chart; brings helm into .chart/ once
	@deploy/chart-tools .chart
	@$(PY) -m pytest tests/core/test_chart.py

fuzz: venv ## feed hostile input to every decoder and door (INPUTS=1000000 SEED=1)
	@exec nice $(PY) -m tests.fuzz --inputs $(INPUTS) --seed $(SEED)
