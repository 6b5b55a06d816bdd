# figcast's one door: `make run` to see it, `make test` to trust it, `make help` for the rest.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PAGE := web/dist/index.html
PAGE_SOURCES := $(shell find web/src web/public -type f) web/index.html web/package-lock.json \
	$(wildcard web/*.ts web/*.json)
INSTALLED := web/node_modules/.package-lock.json

# How many subscribers `make bench-fanout` has and for how long: of everything it compares, and of the
# largest crowd. A quick look: `make bench-fanout SECONDS=3 ROUNDS=1 SUBSCRIBERS=500 LASTING=5 CROWD=1000`.
SUBSCRIBERS := 5000
SECONDS := 30
ROUNDS := 2
CROWD := 19000
LASTING := 300
# The debug binary with the dependencies that the tests are built with: alone it would have some of them with
# other features, and compile polars a second time.
DEBUG_BUILD := cargo build --locked --bins --tests
# Tests that are ignored take long, or need what not every machine has: those that this one can run are run.
RECORDED_TOO := $(if $(FIGCAST_FIXTURES),-- --include-ignored --skip slow:: --skip vanished:: --skip cluster::)
CAN_LOSE_PACKETS = $(shell ip netns add figcast$$$$ 2>/dev/null && ip netns del figcast$$$$ && echo yes)
HAS_REDIS = $(shell command -v redis-server)
LONG_TEST := cargo test --locked --test it -- --ignored --exact --nocapture
# `make bench REPORT=docs/BENCHMARKS.md` writes what was measured into that page, too; so do the other benchmarks.
REPORT :=
FIGCAST_BENCH := cargo bench --locked --bench figcast -- $(if $(REPORT),--report $(REPORT))

.PHONY: help run test test-rust test-web test-python e2e lint fmt build web bench bench-fanout bench-cluster attack slow soak soak-cluster fuzz schemathesis gallery screenshots \
	package test-package image bless ci clients tools clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build all and serve the simulated market on http://127.0.0.1:8080
	./target/release/figcast serve

test: test-rust test-web test-python e2e ## run every test: Rust, web, Python, and real clients against the real server

build: $(PAGE) ## build the release binary with the page in it
	cargo build --release --locked

web: $(PAGE) ## build the page into web/dist

$(INSTALLED): web/package-lock.json web/package.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(PAGE): $(INSTALLED) $(PAGE_SOURCES)
	cd web && npm run build
	@touch $@

test-rust: $(PAGE) tools ## Rust unit and integration tests
	cargo test --locked $(RECORDED_TOO)
	$(if $(RECORDED_TOO),cargo test --locked --lib cluster::)
	$(if $(CAN_LOSE_PACKETS),cargo test --locked --test it -- --ignored vanished:: $(if $(HAS_REDIS),,--skip cluster::))
	$(if $(HAS_REDIS),cargo test --locked --test it -- --include-ignored cluster:: --skip vanished:: --skip slow::,@echo "tests of the cluster are left out: there is no redis-server")

test-web: $(INSTALLED) ## web unit tests
	cd web && npm test

test-python: $(PAGE) ## the Python package against the real server
	$(DEBUG_BUILD)
	@tests/python.sh

e2e: $(PAGE) tools ## the page in Chromium and Firefox, clients and proxies of others against the server
	$(DEBUG_BUILD)
	cd web && npm run e2e

clients: $(PAGE) tools ## the libraries of docs/CLIENTS.md, with Deno and Bun, which are 90 MB each
	$(DEBUG_BUILD)
	cd web && FIGCAST_ALL_CLIENTS=1 npm run e2e -- e2e/libraries.test.ts

tools:
	@tests/tools.sh

lint: $(INSTALLED) ## formatting, clippy, tsc and the web linter
	cargo fmt --all --check
	cargo clippy --locked --all-targets -- -D warnings
	cd web && npm run lint
	$(if $(shell command -v cargo-deny),cargo deny --locked check --hide-inclusion-graph,@echo "advisories and licences are left out: there is no cargo-deny")
	$(if $(shell command -v promtool),promtool check rules packaging/prometheus/figcast.rules.yml,@echo "rules are left out: there is no promtool")

fmt: $(INSTALLED) ## format everything
	cargo fmt --all
	cd web && npm run fmt

bench: build ## measure; with REPORT=docs/BENCHMARKS.md into that page
	$(FIGCAST_BENCH)
	$(FIGCAST_BENCH) views --section views-alone --per-stream 1

bench-fanout: build ## measure the streams beside others that send the same; most of an hour
	$(FIGCAST_BENCH) fanout --section peers --scenario small,figures,gzip,zstd --peers floor,lab,nchan,original \
		--subscribers $(SUBSCRIBERS) --seconds $(SECONDS) --rounds $(ROUNDS)
	$(FIGCAST_BENCH) fanout --section one-worker --scenario small,zstd --peers floor,nchan --workers 1 \
		--subscribers $(SUBSCRIBERS) --seconds $(SECONDS) --rounds $(ROUNDS)
	$(FIGCAST_BENCH) idle --subscribers $(SUBSCRIBERS)
	$(FIGCAST_BENCH) rush --subscribers $(SUBSCRIBERS)
	$(FIGCAST_BENCH) fanout --section crowd --peers floor --subscribers $(CROWD) --seconds $(LASTING)
	$(FIGCAST_BENCH) growth --most $(CROWD) --seconds $(SECONDS) --plot docs/growth.svg

bench-cluster: build ## measure servers that share their series over Redis; a few minutes
	$(FIGCAST_BENCH) cluster

attack: build ## what honest clients notice of ten hostile ones; a few minutes
	$(FIGCAST_BENCH) attack

slow: $(PAGE) ## readers of half, two and eight kilobytes a second, for two minutes
	cargo test --locked --test it -- --ignored readers::slow::

soak: build ## 200 subscribers, half of them hostile, for 15 minutes: memory and descriptors stay flat
	SOAK_SERVER=$(CURDIR)/target/release/figcast $(LONG_TEST) \
		hardening::soak::slow::a_large_crowd_of_which_half_is_hostile_leaves_memory_and_descriptors_flat

soak-cluster: $(PAGE) ## a crowd at three nodes for a minute; joins, leaves, kills and pauses for 20, drawn by CLUSTER_SEED
	$(LONG_TEST) \
		cluster::crowd::slow::three_nodes_with_200_clients_each_ask_the_source_as_often_as_one
	CLUSTER_SECONDS=1200 $(LONG_TEST) \
		cluster::schedule::a_minute_of_joins_leaves_kills_and_pauses_leaves_one_writer_and_growing_versions

fuzz: $(PAGE) ## 10,000 requests that nobody would send, drawn by FUZZ_SEED
	$(LONG_TEST) \
		hardening::fuzz::slow::ten_thousand_requests_that_nobody_would_send_find_no_fault_of_the_server

schemathesis: $(PAGE) ## requests drawn from openapi.json, and whether each answer is as it says; needs `pip install schemathesis`
	$(DEBUG_BUILD)
	@tests/schemathesis.sh

gallery: $(PAGE) tools ## draw every kind of figure into docs/gallery.png
	$(DEBUG_BUILD)
	cd web && node pictures/gallery.mjs

screenshots: $(PAGE) tools ## take pictures of the page into docs/screenshots
	$(DEBUG_BUILD)
	cd web && node pictures/screenshots.mjs && node pictures/embedded.mjs

package: build ## a Debian package in target/package
	packaging/make-deb.sh target/release/figcast target/package

test-package: ## install, start, upgrade and remove the package in a Debian of its own (root, debootstrap, systemd-container)
	$(DEBUG_BUILD)
	packaging/test-deb.sh target/debug/figcast

image: build ## a container image, with buildah, podman or docker
	packaging/make-image.sh target/release/figcast

bless: ## accept what golden files now say; read the diff before committing it
	INSTA_UPDATE=always cargo test --locked
	$(DEBUG_BUILD)
	cd web && npm run wire

ci: lint test ## what CI runs

clean: ## remove what was built
	cargo clean
	rm -rf web/dist web/node_modules
