# `make serve` is all that is needed to try Leitmotif; `make help` lists the rest.
# PORT and HOST choose where it serves, PYTHON the interpreter, VENV the virtual environment. pip's own variables apply.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
CHROMIUM_NAMES := chromium chromium-browser google-chrome google-chrome-stable

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve prepare test lint check format train bench lock clean install dev chromium

help: ## list these targets
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{printf "%-14s %s\n", $$1, $$2}'

serve: prepare ## install, train if needed, and serve on http://127.0.0.1:8000 (PORT=… HOST=…)
	$(BIN)/leitmotif serve $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

prepare: install ## load the cases and train a model; skips what is unchanged
	$(BIN)/leitmotif prepare

test: dev chromium ## run all tests
	$(BIN)/python -m pytest $(ARGS)

lint: dev ## format, style, types and direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## everything that must pass: lint, tests and the checks of the documentation among them

format: dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

train: install ## train, evaluate and publish a model version
	$(BIN)/leitmotif train

bench: dev ## run the benchmarks
	@test -f benchmarks/__main__.py || { echo "benchmarks/ has no __main__.py to run" >&2; exit 1; }
	$(BIN)/python -m benchmarks $(ARGS)

lock: ## write requirements.lock and requirements-dev.lock anew
	PYTHON=$(PYTHON) scripts/lock.sh

clean: ## remove the virtual environment and caches; models and data stay
	rm -rf $(VENV) build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(VENV)/.installed
dev: $(VENV)/.installed-dev

# The stamps lie inside the virtual environment, so that they vanish with it.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed and \`$(PYTHON)\` is not: name one, as in make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made: Debian and Ubuntu need the package python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --upgrade pip
	@touch $@

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/.created
	$(BIN)/python -m pip install -r requirements.lock
	$(BIN)/python -m pip install --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/.created
	$(BIN)/python -m pip install -r requirements-dev.lock
	$(BIN)/python -m pip install --no-deps --editable .
	@touch $@ $(VENV)/.installed

# The tests of the page run in a real browser.
chromium:
	@for name in $(CHROMIUM) $(CHROMIUM_NAMES); do command -v "$$name" >/dev/null 2>&1 && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends chromium; \
	else \
	  echo "The tests need Chromium: install it, or name the program, as in CHROMIUM=/path/to/chrome make test" >&2; \
	  exit 1; \
	fi
