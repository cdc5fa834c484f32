# Two commands set everything up: `make dev` and `make test`. Each makes .venv itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVER := $(VENV)/.server
TOOLS := $(VENV)/.tools
SCRIPTS := tests/javascript/node_modules/.package-lock.json

.PHONY: dev test check prove bench format clean

dev: $(SERVER)  ## a server to try things with, at http://127.0.0.1:8414
	$(BIN)/licet dev

test: $(TOOLS) scripts  ## the whole test suite
	$(BIN)/pytest -n auto --dist worksteal $(ARGS)

check: $(TOOLS)  ## lint, types, import contracts, house rules, ledger
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests prove tools bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/house_rules.py
	$(BIN)/pytest -q tests/requirements tests/house

prove: $(TOOLS)  ## kills, races, mutants, fuzz, leaks: about an hour; ARGS=--sample as CI does
	$(BIN)/pytest prove $(ARGS)

bench: $(TOOLS)  ## beside npm oidc-provider, in the same run; ARGS="--quick"
	cd bench && npm ci --silent --no-audit --no-fund
	$(BIN)/python -m bench.run $(ARGS)

format: $(TOOLS)
	$(BIN)/ruff format src tests prove tools bench
	$(BIN)/ruff check --fix .

.PHONY: scripts
scripts:  # clients in JavaScript and axe-core; without npm their tests are skipped and say so
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(SCRIPTS); \
	else echo "npm is not here: the tests that need it are skipped"; fi

$(SCRIPTS): tests/javascript/package-lock.json
	cd tests/javascript && npm ci --silent --no-audit --no-fund
	@touch $@

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip

$(SERVER): $(VENV)/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[server]'
	@touch $@

$(TOOLS): $(SERVER) pyproject.toml
	$(BIN)/pip install --quiet --group test --group check
	@touch $@

clean:
	rm -rf $(VENV) .licet tests/javascript/node_modules bench/node_modules
