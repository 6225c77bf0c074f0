# make demo: the whole way on an embedded sample.  make test: the tests.  Both install what they need into .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

# An install that was cut short may have left half a package that pip takes for a whole one: begin anew then.
define install
	test ! -e .venv/unfinished || rm -rf .venv
	mkdir -p .venv
	touch .venv/unfinished
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(PIP) install --constraint constraints.txt --editable "$(1)"
	rm .venv/unfinished
	touch $@
endef

.PHONY: demo test lint clean

demo: .venv/installed
	$(BIN)/layoffs demo

test: .venv/installed-dev
	$(BIN)/pytest

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv demo

.venv/installed: pyproject.toml constraints.txt
	$(call install,.)

.venv/installed-dev: pyproject.toml constraints.txt
	$(call install,.[dev])
