# make run   makes the environment, builds and compares the shipped policies: results/comparison
# make test  the same, then the tests (PYTEST_ARGS= for more)
# make help  the rest
#
# VENV=   folder of the environment (.venv)
# PYTHON= interpreter to make it with (the newest of 3.13, 3.12, 3.11 that works)

VENV ?= .venv
PYTHON ?=
PYTEST_ARGS ?=
PYTEST_WORKERS ?= -n auto --dist loadfile
export VENV PYTHON

# A path with spaces is no file name to make, so what is up to date is kept by the script.
.PHONY: run readme build test lint clean help
.NOTPARALLEL:
.DEFAULT_GOAL := help

environment := bash tools/environment.sh
python := "$(VENV)/bin/python"

comparison := compare --prices uk-2023-gbp --patients 20000 --years 10 --seed 1 --overwrite

run: build
	"$(VENV)/bin/pathways" $(comparison)

readme: build
	@mkdir -p results
	@"$(VENV)/bin/pathways" $(comparison) >results/readme.txt
	@$(python) tools/readme_table.py <results/readme.txt
	@mkdir -p docs/figures
	@cp results/comparison/figures/cost_and_qaly.png results/comparison/figures/change_from_baseline.png docs/figures/

build:
	@$(environment) ready

test:
	@$(environment) ready test
	$(python) -m pytest $(PYTEST_WORKERS) $(PYTEST_ARGS)

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
	@echo "make readme the comparison, and its tables into README.md"
	@echo "make clean  removes what was built, not the environment"
