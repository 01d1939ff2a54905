# Works on a machine that has only Python (>= 3.10) and this checkout.
PYTHON ?= python3
PORT ?= 9200
VENV := .venv
BIN := $(VENV)/bin

# Two to four workers; one that has nothing left to do takes tests from another.
WORKERS := --numprocesses auto --maxprocesses 4 --dist worksteal
QUICK := tests/core tests/cluster tests/loading tests/server

# Each process of the tests would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

comma := ,

.PHONY: run test test-quick test-lower fuzz format reference docs parity examples image-test release-test \
  benchmark bench stall soak clean

# Serves scenarios/, follows their changes and says what to try. A run has begun, so that something moves on the page.
run: $(VENV)/.installed
	@echo "Open the page below: slow-provisioning is under way, others wait for Begin or for a client."
	@echo "Try in another terminal, and again after two and six seconds:"
	@echo "  curl '127.0.0.1:$(PORT)/_plugins/_flow_framework/workflow/8xL8bowB8y25Tqfenm50/_status?pretty'"
	@echo "All workflows and their states:"
	@echo "  curl '127.0.0.1:$(PORT)/_mockflow/workflows'"
	@echo "Edit a file in scenarios/: the page follows, and a mistake is told here."
	@$(BIN)/mockflow serve scenarios/ --port $(PORT) --begin slow-provisioning --watch

# Everything that must hold before a change lands.
test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(WORKERS)

# After each edit: ruff, and the folders that need no process, client, browser or install, with ten examples for each
# property instead of forty, until the first failure. Chosen by folder, and within them without the
# markers `process` and `slow`.
test-quick: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest $(WORKERS) --exitfirst --hypothesis-profile quick -m "not process and not slow" $(QUICK)

# The quick tests with the lowest version of each dependency that pyproject.toml allows, on the oldest Python (>= 3.10)
# of this machine, and the pytest plugin with the oldest pytest that it works with, and with one that is too old.
LOWER := build/lower
OLD_PYTESTS := 7.0.0 6.2.5
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)
OLDEST = $(shell for minor in 10 11 12 13; do \
	for each in python3.$$minor $(wildcard $(PYENV)/versions/3.*/bin/python); do \
	$$each -c "import sys; sys.exit(sys.version_info[:2] != (3, $$minor))" 2> /dev/null && echo $$each && exit; \
	done; done; echo $(PYTHON))
test-lower: $(LOWER)/.installed
	$(LOWER)/bin/python --version
	PYTHONPATH=. $(LOWER)/bin/python -m pytest $(WORKERS) -p no:cacheprovider --hypothesis-profile quick \
		-m "not process and not slow" $(QUICK) tests/hostile tests/handle
	for version in $(OLD_PYTESTS); do build/pytest-$$version/bin/python tests/support/old_pytest.py || exit 1; done

# A long round of what `test` does shortly: minutes, whatever it finds. FUZZ=5000 looks longer.
FUZZ ?= 500
fuzz: $(VENV)/.installed-dev
	MOCKFLOW_FUZZ=$(FUZZ) $(BIN)/pytest tests/fuzz
	MOCKFLOW_FUZZ=$(FUZZ) $(BIN)/pytest $(WORKERS) --hypothesis-profile long -m hypothesis --ignore tests/fuzz

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Writes the pages of docs/reference/ that are made from the code.
reference: $(VENV)/.installed-dev
	PYTHONPATH=. $(BIN)/python -m tools.reference

# The site of the documentation, in build/site. It needs no server: open build/site/index.html.
docs: $(VENV)-docs/.installed
	NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs build --quiet --clean

# Tells where a cluster, URL=http://host:9200, answers otherwise than the measured nodes: docs/howto/parity.md.
URL ?=
parity: $(VENV)/.installed
	@test -n "$(URL)" || { echo "make parity URL=http://127.0.0.1:9200"; exit 2; }
	@$(BIN)/python -m tests.parity "$(URL)"

# Builds the image with buildah, without an engine, and runs it. Linux, as root; elsewhere it skips and says why.
image-test: $(VENV)/.installed-dev
	$(BIN)/pytest -rs checks/image

# Tries what is published as its users get it, from a package index, and reads the workflows with actionlint.
release-test: $(VENV)/.installed-dev
	$(BIN)/pytest -rs checks/release

# The tests of each program in examples/. Without its language's tools, or the registry of its packages, one skips.
examples: $(VENV)/.installed-dev
	$(BIN)/pytest -v -rs --tb=short checks/examples

# Measures; never decides a test. How to read it: CONTRIBUTING.md.
benchmark: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/status.py
	$(BIN)/python benchmarks/workflows.py
	$(BIN)/python benchmarks/fixtures.py
	$(BIN)/python benchmarks/start.py

# Compares with other servers, installed into build/peers, and writes docs/benchmarks.md. Needs wrk; minutes.
bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/bench.py

# The longest pause of a client that polls, while the worst requests of each kind are answered. ONLY=search chooses kinds.
ONLY ?=
stall: $(VENV)/.installed-dev
	PYTHONPATH=. $(BIN)/python benchmarks/stall.py --only "$(ONLY)"

# 200 clients with random operations on each clock; every answer is compared. SEED=7 repeats a run, SECONDS=30 is shorter.
SECONDS ?= 180
SEED ?=
soak: $(VENV)/.installed-dev
	PYTHONPATH=. $(BIN)/python benchmarks/soak.py --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "mockflow needs Python 3.10 or newer: make PYTHON=python3.13")'
	$(PYTHON) -m venv $(VENV)

# An install that was interrupted leaves packages that look complete: the next one begins with an empty environment.
define install
	@test ! -e $(VENV)/.interrupted || $(PYTHON) -m venv --clear $(VENV)
	@touch $(VENV)/.interrupted
	@$(BIN)/python -m pip install --quiet --editable $(1)
	@rm $(VENV)/.interrupted
endef

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	@echo "Installing mockflow into $(VENV); this takes a minute, once."
	$(call install,'.[watch]')
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml
	@echo "Installing mockflow and its development tools into $(VENV); this takes some minutes, once."
	$(call install,'.[dev]')
	@touch $@ $(VENV)/.installed

# What the tests of the page need besides a Chromium; without it they skip.
$(VENV)/.installed-browser: $(VENV)/.installed-dev
	$(call install,'.[dev$(comma)browser]')
	@npm install --prefix $(VENV)/npm --no-audit --no-fund --silent axe-core@4.14.1 || echo "axe-core is not installed; its tests skip."
	@touch $@

# Of its own, so that the tests never depend on it.
$(VENV)-docs/.installed: pyproject.toml
	@echo "Installing what builds the documentation into $(VENV)-docs; this takes a minute, once."
	@$(PYTHON) -m venv --clear $(VENV)-docs
	@$(VENV)-docs/bin/python -m pip install --quiet --editable '.[docs]'
	@touch $@

$(LOWER)/.installed: $(VENV)/.installed-dev tests/support/lower_bounds.py
	@echo "Installing the lowest versions of the dependencies into $(LOWER); this takes some minutes, once."
	@python=$(OLDEST); for folder in lower $(OLD_PYTESTS:%=pytest-%); do $$python -m venv --clear build/$$folder || exit 1; done
	@$(BIN)/python -m tests.support.lower_bounds > $(LOWER)/requirements.txt
	@$(LOWER)/bin/python -m pip install --quiet --requirement $(LOWER)/requirements.txt --editable .
	@for version in $(OLD_PYTESTS); do \
		build/pytest-$$version/bin/python -m pip install --quiet "pytest==$$version" --editable . || exit 1; done
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-docs dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
