# Tongdang 通档. `make help` lists what there is; every target can be run again at little cost.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PROTOS := $(shell find protos -name '*.proto' 2>/dev/null)
SAMPLES ?= 1
WORKERS ?= 2
export SAMPLES PROVINCES
export PYTHONDONTWRITEBYTECODE =  # empty is off: compiled modules make every later start quicker
ON_ENGINES = $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder --durations 20 \
  --ignore tests/unit --ignore tests/contract/catalog
.DEFAULT_GOAL := help

.PHONY: help run stop reset province test sbom image-check compose kubernetes capacity bench bench-long fault scale
.PHONY: lint types contracts rules protos engines venv lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/ready gen/ready ## start everything and say where; Ctrl-C stops (SAMPLES=0: no samples; PROVINCES=…)
	@exec $(BIN)/python -m deploy.local run

province: .venv/ready ## write a new province's folder: CODE=440000 (NAME=… NAME_EN=…), to commit and edit
	@$(BIN)/python -m deploy.provinces "$(CODE)" --name "$(NAME)" --name-en "$(NAME_EN)"

stop: .venv/ready ## stop what `make run` started elsewhere
	@$(BIN)/python -m deploy.local stop

reset: .venv/ready ## delete all data and keys of the local stack (asks; YES=1 does not)
	@$(BIN)/python -m deploy.local reset $(if $(YES),--yes)

test: .venv/ready gen/ready ## all checks and tests, on the real engines (WORKERS=2: each has a stack of its own)
	@$(BIN)/python -m deploy.local provision --test
	@$(MAKE) --no-print-directory lint types contracts
	@$(BIN)/python -m pytest -n $(WORKERS) tests/unit tests/contract/catalog
	@$(ON_ENGINES) -n $$((2 * $(WORKERS))) -m "not stack"  # they wait more than they work
	@$(ON_ENGINES) -n $(WORKERS) -m stack

scale: .venv/ready gen/ready ## the pages of staff with a hundred thousand records of each kind (MANY=…), timed
	@$(BIN)/python -m deploy.local provision --test
	@MANY=$(or $(MANY),100000) $(BIN)/python -m pytest -s tests/e2e/test_long_holdings.py

fault: .venv/ready gen/ready ## twenty seeded runs of faults (RUNS=… for more, SEED=… replays one), and single faults
	@$(BIN)/python -m deploy.local provision --test
	@RUNS=$(or $(RUNS),20) $(BIN)/python -m pytest tests/fault -rP

bench: .venv/ready gen/ready ## ours against its limits, row by row, into docs/benchmarks.md (ten minutes)
	@$(BIN)/python -m bench

bench-long: .venv/ready gen/ready ## the same at a million and more, and the whole stack (an hour and a half)
	@$(BIN)/python -m bench --long

sbom: .venv/ready ## the image's bill of materials (CycloneDX) into .local/sbom.json
	@$(BIN)/python -m deploy.images sbom .local/sbom.json

image-check: .venv/ready gen/ready ## the image put together without a container engine, every service started from it
	@$(BIN)/python -m deploy.images check

compose: .venv/ready gen/ready ## write deploy/compose/compose.yaml anew (PROVINCES=…)
	@$(BIN)/python -m deploy.compose write

capacity: .venv/ready gen/ready ## docs/capacity.md from the measured costs in docs/benchmarks.md
	@$(BIN)/python -m deploy.capacity

lint: .venv/ready gen/ready ## ruff and buf
	@$(BIN)/ruff check .
	@$(BIN)/buf lint protos

types: .venv/ready gen/ready ## mypy --strict
	@$(BIN)/mypy

contracts: .venv/ready gen/ready ## who may import whom
	@$(BIN)/lint-imports

kubernetes: .venv/ready gen/ready ## write what is derived of deploy/k8s, render both overlays, check them
	@$(BIN)/python -m deploy.kubernetes write
	@$(BIN)/python -m deploy.kubernetes check trial
	@$(BIN)/python -m deploy.kubernetes check national

rules: .venv/ready gen/ready ## keep the rule table's version, and write docs/rules.md from it
	@$(BIN)/python -m services.catalog rules-version
	@$(BIN)/python -m services.catalog rules-document > docs/rules.md

protos: gen/ready ## generate code from protos/

engines: .venv/ready ## fetch Kafka, MongoDB and Keycloak
	@$(BIN)/python -m deploy.local provision

venv: .venv/ready ## the Python environment

lock: .venv/ready ## resolve requirements/*.in again, with hashes
	@$(BIN)/pip install -q uv==0.13.9
	@cd requirements && for set in base dev build; do \
	  ../$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-header $$set.in -o $$set.txt; done

clean: ## delete what can be made again: environment, engines, generated code (not the data)
	rm -rf .venv gen .local/engines .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=…")'
	@echo "installing Python packages …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "no venv module. On Debian or Ubuntu: sudo apt-get install -y python3-venv"; exit 1; }
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@printf '%s\n%s/gen\n' '$(CURDIR)' '$(CURDIR)' > \
	  "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tongdang.pth"
	@touch $@

gen/ready: .venv/ready $(PROTOS)
	@$(BIN)/buf lint protos
	@rm -rf .local/gen && mkdir -p .local/gen
	@$(BIN)/python -m grpc_tools.protoc -I protos \
	  --python_out=.local/gen --pyi_out=.local/gen --grpc_python_out=.local/gen $(PROTOS)
	@rm -rf gen && mv .local/gen gen
	@touch $@
