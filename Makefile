# make run   makes the environment, builds and runs the main job
# make test  the same, then the tests (PYTEST_ARGS= for more)
# make help  the rest
#
# VENV=   folder of the environment (.venv)
# PYTHON= interpreter to make it with (the newest of 3.13, 3.12, 3.11 that works)

VENV ?= .venv
PYTHON ?=
PYTEST_ARGS ?=
export VENV PYTHON

# A path with spaces is no file name to make, so what is up to date is kept by the script.
.PHONY: run build test lint clean help
.NOTPARALLEL:
.DEFAULT_GOAL := help

environment := bash tools/environment.sh
python := "$(VENV)/bin/python"

run: build
	"$(VENV)/bin/pathways" run guideline-2018 --patients 20000 --years 10 --seed 1 --out results/guideline-2018 --overwrite

build:
	@$(environment) ready

test:
	@$(environment) ready test
	$(python) -m pytest $(PYTEST_ARGS)

lint:
	@$(environment) ready test dev
	$(python) -m ruff check .
	$(python) -m ruff format --check .

clean:
	rm -rf build dist *.egg-info fastcore/*.so results

help:
	@sed -n "s/^# \{0,1\}//p" Makefile | sed -n "1,6p"
	@echo "make build  the environment and the compiled modules only"
	@echo "make lint   ruff"
	@echo "make clean  removes what was built, not the environment"
