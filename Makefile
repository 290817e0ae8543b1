# make demo | figures | test | lint | bench. Each creates .venv when it is missing; that needs Python 3.11 or newer with venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
JOBS   ?= auto
PYTEST_FLAGS ?=

.PHONY: help install demo figures test lint bench numbers bench-sandbox bench-grading screenshots clean
.DEFAULT_GOAL := help

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "BNLab needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "python3 has no venv; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@$(BIN)/python -m bnlab_autograder.diagnosis.fingerprints >/dev/null  # so that checks in this checkout name mistakes
	@touch $@

install: $(READY)  ## create .venv and install everything into it

demo: $(READY)  ## a course folder, a class of 24, graded, with feedback
	$(BIN)/bnlab demo demo

figures: $(READY)  ## every figure of the paper and the demonstrations, on a page in build/figures
	$(BIN)/bnlab figure --gallery build/figures

test: $(READY)  ## all tests
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(PYTEST_FLAGS)

lint: $(READY)  ## style and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(READY)  ## speed of BN, and of a training step, against PyTorch, where PyTorch is installed
	$(BIN)/python autograder/benchmarks/bench_norm.py
	$(BIN)/python autograder/benchmarks/bench_step.py

numbers: $(READY)  ## the numbers in the notebooks' prose, measured anew (minutes)
	$(BIN)/python -m bnlab_autograder.bench.numbers

bench-sandbox: $(READY)  ## what the walls cost, beside nbclient
	$(BIN)/python autograder/benchmarks/bench_sandbox.py

bench-grading: $(READY)  ## grading beside stock nbgrader, on the same submissions
	$(BIN)/bnlab bench grading --workers

screenshots: $(READY)  ## the pictures in docs/images, taken anew in a real JupyterLab
	$(BIN)/python -m autograder.tests.browser.screenshots

clean:  ## remove what the targets above have made
	rm -rf $(VENV) demo build dist
