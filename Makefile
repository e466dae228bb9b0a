# deelsync. `make` alone lists what there is.

CARGO ?= cargo
BINARIES = --package deelsync --package simulators

.DEFAULT_GOAL := help
.PHONY: help build demo test test-containers compose-test lint deny sabotage fuzz bench soak redis clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 17

build: ## the two programs, optimized: target/release/deelsync and deelsync-sim
	$(CARGO) build --release --locked $(BINARIES) --bins

demo: redis ## a hire, a change, a termination and a rehire, from Deel to JumpCloud, simulated (KEEP=1: leave it running)
	$(CARGO) build --locked $(BINARIES) --package demo --bins
	@$(CARGO) run --quiet --locked --package demo -- $(if $(KEEP),--keep)

test: redis ## every test
	$(CARGO) build --locked $(BINARIES) --bins
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	    set -x; $(CARGO) nextest run --locked --workspace $(if $(CI),--profile ci); \
	else \
	    set -x; $(CARGO) test --locked --workspace --no-fail-fast --lib --bins --tests; \
	fi
	$(CARGO) test --locked --workspace --doc

test-containers: ## the tests that need Docker: Redis and Valkey killed, paused, emptied, failed over
	@CARGO="$(CARGO)" scripts/test-containers

compose-test: ## docker-compose.yml's demo brought up, used, hurt, and taken down (needs Docker and Compose)
	@scripts/need-docker compose
	$(CARGO) build --locked $(BINARIES) --bins
	@scripts/compose-test

lint: ## formatting, clippy, and rustdoc, warnings denied
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --locked --workspace --all-targets --features containers/docker -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --locked --workspace --no-deps

deny: ## licences, sources and banned crates (needs cargo-deny)
	$(CARGO) deny --locked check

sabotage: redis ## breaks each promise on purpose, and demands that a test notices (needs git and cargo-nextest; WORDS=… for some)
	@$(CARGO) run --quiet --locked --package sabotage -- $(WORDS)

fuzz: ## every parser that meets the outside, fed by libFuzzer (SECONDS=60 for each; needs nightly and cargo-fuzz)
	@SECONDS_EACH=$(or $(SECONDS),60) scripts/fuzz

bench: redis ## figures beside their ceilings, in one table and in target/bench.json
	$(CARGO) build --release --locked $(BINARIES) --package bench --bins
	@$(CARGO) run --quiet --release --locked --package bench

soak: redis ## storms of faults, one seed after the other (MINUTES=20), or one of them (SEED=7); figures in target/soak.json
	$(CARGO) build --locked $(BINARIES) --package chaos --bins
	@$(CARGO) run --quiet --locked --package chaos -- $(if $(SEED),--seed $(SEED)) \
	    $(if $(MINUTES),--minutes $(MINUTES),$(if $(SEED),,--minutes 20))

redis:
	@scripts/need-redis

clean: ## what was built
	$(CARGO) clean
