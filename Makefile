# Everything from a fresh checkout: only make, Python 3.11 or newer and the package registries are needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 3
# Containers like to set it; then every process of the tests, and there are hundreds, compiles all of us anew.
unexport PYTHONDONTWRITEBYTECODE
# Tests that share a server stay together.
PYTEST := -m pytest -q -n $(JOBS) --dist loadgroup
UNIT := $(addprefix tests/,architecture catalogue defaults domain jobs plugins/host services statistics storage)

.PHONY: run install test lint unit sqlite postgresql coverage chromium redis-server axe bench docs messages clean

run: install ## Start the server on http://127.0.0.1:42069, with everything in instance/
	$(BIN)/goscrobble run

install: $(VENV)/installed ## Make .venv with GoScrobble and the tools of its developers

test: lint sqlite postgresql ## Everything that CI runs

lint: install ## Style, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: install ## In a minute: the rules, the services, what they store and who may ask whom; no web, no servers
	$(BIN)/python $(PYTEST) -m "not slow" $(UNIT)

sqlite: install chromium redis-server axe ## The whole suite on SQLite
	$(BIN)/python $(PYTEST) --database sqlite

postgresql: install chromium redis-server axe ## The whole suite on a PostgreSQL server that the tests start themselves
	$(BIN)/python $(PYTEST) --database postgresql

coverage: install chromium redis-server axe ## What the suite runs of the code, on SQLite; slower than `make sqlite`
	$(BIN)/coverage erase
	$(BIN)/coverage run $(PYTEST) --database sqlite
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# What only a distribution has. Without them their tests are skipped, and say so; that they cannot be installed is no
# reason to test nothing. Redis is not started as a service: tests start their own.
chromium redis-server: ## Install what tests start, where it is missing and apt may
	@command -v $@ >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
		&& RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $@ >/dev/null 2>&1; } || true

# The checker of accessibility, a script that the tests put into pages. It too is skipped where it cannot be had.
axe: ## Fetch axe-core, where npm may
	@test -e .cache/package/axe.min.js || { mkdir -p .cache && cd .cache && command -v npm >/dev/null \
		&& npm pack --silent axe-core@4.14 >/dev/null && tar xzf axe-core-*.tgz package/axe.min.js; } || true

bench: install ## Measure; see benchmarks/README.md
	$(BIN)/python benchmarks/fidelity.py

docs: install chromium ## Write the generated parts of the documentation anew, and take its pictures
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/screenshots.py

# No dates and no line numbers, so that the file changes only when a text does.
messages: install ## Collect the texts of the pages for translators
	$(BIN)/pybabel -q extract --mapping babel.cfg --keyword N_ --keyword Sentence --keyword BadInput --keyword Conflict \
		--keyword NotAllowed --keyword NotAuthenticated --keyword NotAuthorized --keyword NotFound --keyword RetryLater \
		--keyword TooLarge --keyword TooManyRequests --keyword Unavailable --keyword Unrecoverable \
		--no-location --omit-header --sort-output --output goscrobble/web/translations/messages.pot .

clean: ## Remove what was made here; instance/ stays
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# Without Debian's python3-venv there is no ensurepip; as root we may install it.
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -q && apt-get install -q -y python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install -q --upgrade "pip>=25.1"
	$(BIN)/python -m pip install -q -e . --group dev
	touch $@
