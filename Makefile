# The two commands of this project are `make demo` and `make test`; the rest serves them.
PYTHON ?= python3
PYTHONS ?= python3.11 python3.13
VENV := .venv
CLOUD := localcloud/.venv
SDKS := tests/sdks/.venv
SDK3 := tests/sdks/v3/.venv
BIN := $(VENV)/bin
# More than a laptop's cores: most of the time a test waits for a cloud.
WORKERS := 3
# Every archive is checked against a hash, also pip itself and the setuptools that builds a package.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
BUILDERS := --require-hashes --requirement requirements-build.lock
OURS := --build-constraint requirements-build.lock --no-deps --editable
LOCKED := --build-constraint requirements-build.lock --require-hashes --requirement
# reverse_geocoder asks for numpy when it is built: the one of the lock.
GEOCODER := --build-constraint localcloud/requirements.lock

# Else each of the tests' thousand processes compiles anew what it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install images demo check test test-python test-pythons test-quick prove-policies bench clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python $(CLOUD)/bin/python $(SDKS)/bin/python $(SDK3)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "sagestep needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 3; }
	@$(PYTHON) -m venv $(@D:/bin=)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml requirements.lock requirements-build.lock
	@echo "Installing the driver into $(VENV) …"
	@$(BIN)/python $(PIP_INSTALL) $(BUILDERS)
	@$(BIN)/python $(PIP_INSTALL) $(LOCKED) requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python $(PIP_INSTALL) $(OURS) .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@echo "Installing the tools for checks and tests into $(VENV) …"
	@$(BIN)/python $(PIP_INSTALL) $(GEOCODER) $(LOCKED) requirements-dev.lock
	@touch $@

# A venv of its own: LocalStack pins older releases than the driver wants.
$(CLOUD)/installed: $(CLOUD)/bin/python localcloud/requirements.lock localcloud/pyproject.toml requirements-build.lock
	@echo "Installing the local cloud into $(CLOUD) …"
	@$(CLOUD)/bin/python $(PIP_INSTALL) $(BUILDERS)
	@$(CLOUD)/bin/python $(PIP_INSTALL) $(GEOCODER) $(LOCKED) localcloud/requirements.lock
	@PYTHONWARNINGS=ignore $(CLOUD)/bin/python $(PIP_INSTALL) $(OURS) localcloud
	@$(CLOUD)/bin/python -m localcloud.localstack.prepare
	@touch $@

# A venv of its own: AWS's SDKs are large and want other releases. Only what is imported is compiled, once.
$(SDKS)/installed: $(SDKS)/bin/python tests/sdks/requirements.lock
	@echo "Installing AWS's SDKs, for their tests, into $(SDKS) …"
	@$(SDKS)/bin/python $(PIP_INSTALL) $(BUILDERS)
	@$(SDKS)/bin/python $(PIP_INSTALL) --no-compile $(LOCKED) tests/sdks/requirements.lock
	@$(SDKS)/bin/python -c 'import sagemaker.workflow.pipeline, stepfunctions' 2>/dev/null || true
	@touch $@

# One more: the SDK v3 has packages with the names of v2's. Not all that it asks for (tests/sdks/v3/left-out.txt).
$(SDK3)/installed: $(SDK3)/bin/python tests/sdks/v3/requirements.lock
	@echo "Installing the SageMaker SDK v3, for its tests, into $(SDK3) …"
	@$(SDK3)/bin/python $(PIP_INSTALL) $(BUILDERS)
	@$(SDK3)/bin/python $(PIP_INSTALL) --no-compile --no-deps $(LOCKED) tests/sdks/v3/requirements.lock
	@touch $@

install: $(VENV)/installed $(CLOUD)/installed ## set up both environments

# Those that the tests run jobs in; else the first job of each makes it, within the test's time.
images: $(VENV)/installed ## make the Python environments of images
	@echo "Making the environments of images, unless they are there …"
	@for image in resources/images/scikit driver/images/aws/scikit-learn driver/images/aws/xgboost; do \
	    $(BIN)/python -m driver.images $$image >/dev/null || exit; \
	done

demo: install ## deploy, run the pipeline on sample coordinates, show the output
	@$(BIN)/invoke up
	@$(BIN)/invoke run-pipeline
	@printf '\nLook further:  source $(VENV)/bin/activate, then invoke status, invoke outputs, invoke --list\nDestroy it all: $(BIN)/invoke down --yes\n'

check: $(VENV)/installed-dev ## format, lint and type checks
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

test: install $(SDKS)/installed images $(SDK3)/installed check ## every check and every test
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder

# Each in a checkout of its own of the last commit, since the environments have fixed places.
test-pythons: ## unit tests and AWS's SDKs on the oldest and the newest Python that we promise
	@for python in $(PYTHONS); do \
	    rm -rf build/$$python && git clone --quiet --shared . build/$$python && \
	    $(MAKE) --no-print-directory --directory build/$$python PYTHON=$$python test-python || exit; \
	done

test-python: install $(VENV)/installed-dev images $(SDKS)/installed $(SDK3)/installed
	@$(BIN)/python --version
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder tests/unit tests/integration/test_sdks.py

test-quick: check ## what needs no local cloud and no terraform
	@$(BIN)/python -m pytest tests/unit

# Half an hour, apart from `make test`: that holds what this has recorded against what is granted.
prove-policies: install $(VENV)/installed-dev images ## take each action away that a role is granted: some run must show it
	@$(BIN)/python -m tests.policies

bench: install $(VENV)/installed-dev ## speed and memory, as ratios measured in one run
	@$(BIN)/python -m benchmarks

clean: ## remove the environments and caches (run `invoke down` first)
	@rm -rf $(VENV) $(CLOUD) $(SDKS) $(SDK3) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
