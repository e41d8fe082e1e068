# Two commands for a newcomer: `make demo` and `make test`. Both do their own set-up.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Test processes at a time; each has its own database and broker.
JOBS ?= 2

.PHONY: help install demo test lint types contract pytest bench quality browser mqtt-broker clean

help:
	@echo "make demo      the whole system with a simulated town (DEMO_SECONDS=60 stops by itself)"
	@echo "make test      lint, types, import contract, every test suite"
	@echo "make install   the environment alone, in $(VENV)"
	@echo "make bench     matching beside others, throughput and latency on Apache Kafka (Java 17 and Maven)"
	@echo "make quality   what the matching engine finds, and its false alerts, beside simpler rules"
	@echo "make browser   Chromium for the browser tests (Debian and Ubuntu, as root)"
	@echo "make mqtt-broker  Mosquitto for the tests of Frigate over MQTT (the same)"

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"bolo needs Python 3.11 or newer, this is {v.major}.{v.minor}: make PYTHON=python3.11 install")'
	@echo "Installing bolo into $(VENV), about a minute ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[embedded,dev]'
	@$(BIN)/python -c 'from hotlists import fact_columns as lists; from matchers import engine; engine.warm_up(); lists.warm_up()'  # compiles what is fast
	@touch $@

demo: install
	@$(BIN)/bolo demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

test: lint types contract pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

contract: install
	$(BIN)/lint-imports

# -rs says in one line why a suite did not run here; with CI=true none may be left out.
pytest: install
	$(BIN)/pytest -q -rs -n $(JOBS) --dist loadfile

bench: install
	$(BIN)/python -m bench.matching
	$(BIN)/python -m bench.path

# Test pairs, 1,000,000 entries, a fixed seed; docs/quality.md says what the numbers mean.
quality: install
	$(BIN)/bolo match evaluate --pairs quality/data/pairs.csv --entries 1000000 --innocents 500000 --seed 1 --curve docs/pictures/quality.svg

browser:
	@command -v chromium >/dev/null || (apt-get update -q && apt-get install -q -y --no-install-recommends chromium)

mqtt-broker:
	@PATH="$$PATH:/usr/sbin"; command -v mosquitto >/dev/null && command -v mosquitto_passwd >/dev/null || (apt-get update -q && apt-get install -q -y --no-install-recommends mosquitto)

clean:
	rm -rf $(VENV) build target .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
