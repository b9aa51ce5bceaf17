# `make run` opens the program, `make test` checks everything; both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test test-extras test-gpu soak format bench catalog

run: .venv/installed
	@$(BIN)/cnn-tui

# Ten minutes on two cores, the wheel in an empty environment included.
test: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

# Some minutes: what needs packages that the program can do without, and real trainings of others.
test-extras: .venv-extras/installed .venv-lightning/installed .venv-keras/installed
	.venv-extras/bin/python -m pytest -m extras tests/extras

# On a machine with a GPU: what only a GPU shows.
test-gpu: .venv/installed-dev
	CNN_TUI_TEST_GPU=1 $(BIN)/pytest tests/test_replay.py tests/test_prefetch.py \
	    tests/test_determinism.py tests/test_watching_means.py tests/test_accumulation.py

# Hours: some hundreds of kills, an hour with a restless viewer, and every network in every format.
soak: .venv/installed-dev .venv-extras/installed
	CNN_TUI_KILLS=300 $(BIN)/pytest tests/test_kills.py
	CNN_TUI_RACE_KILLS=100 $(BIN)/pytest tests/test_race_kills.py
	CNN_TUI_QUEUE_KILLS=100 $(BIN)/pytest tests/test_queue_process.py
	$(BIN)/pytest -m soak tests/soak
	.venv-extras/bin/python -m pytest -m soak tests/extras

# After an architecture is added or changed: its facts, for the picker.
catalog: .venv/installed-dev
	$(BIN)/python -m engine.models.facts

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Every budget but a GPU's, in half an hour or more; fails where one is missed.
bench: .venv/installed-dev
	$(BIN)/python -m benchmarks.all

.venv/bin/python:
	$(PYTHON) -m venv .venv

# A line for each package, with its size: a silent pip looks as if it hung. Its errors are on stderr.
define INSTALL
	@echo "installing PyTorch and the rest: this takes some minutes, once"
	@{ $(BIN)/pip install --progress-bar off --editable $(1) || echo FAILED; } | awk ' \
	    /^ *(Downloading|Using cached) [^ ]*whl/ { \
	        sub(/Using cached/, "cached"); split($$2, part, "-"); sub(/.*\//, "", part[1]); \
	        print "  " part[1], part[2], $$3, $$4; fflush() } \
	    /^Installing collected/ { print "  unpacking, which takes a minute …"; fflush() } \
	    /^FAILED$$/ { failed = 1 } \
	    END { exit failed }'
endef

.venv/installed: pyproject.toml | .venv/bin/python
	$(call INSTALL,.)
	@touch $@

.venv/installed-dev: pyproject.toml | .venv/bin/python
	$(call INSTALL,'.[dev]')
	@touch $@ .venv/installed

# It finds what .venv has, so only what is optional is downloaded.
.venv-extras/installed: pyproject.toml .venv/installed-dev
	$(BIN)/python -m venv .venv-extras
	$(BIN)/python -m tests.shared_packages .venv-extras
	.venv-extras/bin/pip install --quiet --editable '.[timm,onnx,hf,heic,bands,report,tensorboard,race]' pandas html5lib
	@touch $@

# Other people's trainings have environments of their own, as they have at the user's: a script in
# one of them, and the recorder in .venv-extras. The torch in both is ours.
.venv-lightning/installed: LIBRARIES = lightning==2.6.6 pytorch-lightning==2.6.6
.venv-keras/installed: LIBRARIES = keras==3.15.1 jax==0.10.2 tensorflow-cpu==2.21.0 scipy==1.17.1

.venv-lightning/installed .venv-keras/installed: pyproject.toml .venv/installed-dev
	$(BIN)/python -m venv $(@D)
	$(BIN)/python -m tests.shared_packages $(@D)
	$(@D)/bin/pip install --quiet $(LIBRARIES)
	@touch $@
