# One command per job; each installs what it needs. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup build up test test-deep heavy beside prove mutants demo gas gas-check costs simulate bench lint types fresh lock clean
MAKEFLAGS += --no-print-directory

BIN := .venv/bin

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "make %-10s %s\n", $$1, $$2}'

setup: ## install everything into .venv and node_modules (a second run does nothing)
	@tools/setup

build: setup ## compile the contracts; write ABIs, layouts, sizes and the reference pages
	@$(BIN)/python -m tools.build

test: build ## run the tests
	@$(BIN)/pytest -n 2 $(ARGS)

test-deep: build ## run the tests with many more random examples
	@HYPOTHESIS_PROFILE=deep $(BIN)/pytest -n 2 --timeout 3600 $(ARGS)

heavy: build ## run the tests that need a real PostgreSQL or browser, after installing both, or kill processes
	@tools/heavy -n 2 $(ARGS)

beside: build ## run most tests that need no Ape beside the numpy, click and datasets of this year
	@tools/beside -n 2 $(ARGS)

prove: build ## test the contracts for hours and write what was run to docs/testing.md (PARTS="forge slither": only these)
	@$(BIN)/python -m tools.prove --write $(PARTS)

mutants: build ## break audiera/ in SIZE places drawn by SEED, one at a time: tests must notice 98 %
	@$(BIN)/python -m tools.mutants --seed $(or $(SEED),1) --size $(or $(SIZE),80) $(ARGS)

demo: build ## tell the whole story on a private chain (MUSIC=folder: with your own music)
	@$(BIN)/ape run demo $(if $(MUSIC),--music "$(subst ~/,$(HOME)/,$(MUSIC))")

up: build ## run a whole network here, with pages to look at (Ctrl-C ends it; the next start goes on)
	@$(BIN)/audiera up $(ARGS)

gas: build ## measure gas, rewrite the snapshot, print it beside the budget
	@$(BIN)/python -m tests.gas --write

gas-check: build ## fail if gas differs from the snapshot or breaks its budget
	@$(BIN)/python -m tests.gas

costs: setup ## compute what each operation costs on four chains, write docs/costs.md (no network)
	@$(BIN)/python -m tools.costs

simulate: build ## simulate a year of a billion uses, write docs/simulation.md
	@$(BIN)/python -m tests.simulation

bench: build ## measure speed and memory at scale, write them to docs/scale.md (minutes; leave the machine alone)
	@$(BIN)/python -m tests.scale --write

lint: setup ## check style and spelling of everything
	@tools/lint

types: setup ## check types, also as macOS has the standard library
	@$(BIN)/mypy
	@$(BIN)/mypy --platform darwin --no-warn-unreachable --cache-dir .mypy_cache/darwin audiera scripts tools

fresh: setup ## fail if a generated file is not what its source makes
	@$(BIN)/python -m tools.build --check
	@$(BIN)/python -m tools.costs --check

lock: setup ## resolve the lock files anew
	@tools/lock

clean: ## remove everything installed or built
	rm -rf .venv node_modules build out cache .build
