# Llama Nexus. `make run` and `make test` do all of their own set-up on a fresh Debian 12 machine with Swift 6.3.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
MODEL ?= Models/tiny-chat.gguf

# Where scripts/llama-runtime.sh puts llama.cpp. The Swift package reads it, and pkg-config finds llama.pc there.
export NEXUS_LLAMA_PREFIX := $(shell scripts/llama-runtime.sh --where)
export PKG_CONFIG_PATH := $(NEXUS_LLAMA_PREFIX)/lib/pkgconfig:$(PKG_CONFIG_PATH)

# What `nexus serve` has beside every model, where it can be had; no failure where it cannot.
EMBEDDER := python3 scripts/minilm.py > /dev/null || \
	echo "Without it nothing is served as 'embed', which semantic search and the semantic cache ask for." >&2

# What the browser gets; no failure where it cannot be built, because the API serves without.
WEB := scripts/web.py build || echo "Without it the server's pages say only that they are missing." >&2

# Release programs have Swift's libraries in them: they start where no Swift is installed, and calls into those cost less.
RELEASE := swift build -c release --static-swift-stdlib

# The Swift tests that run at least; raised as tests are added.
TESTS_MIN := 2450
SANITIZED_MIN := 500
SANITIZED := CacheFilesTests|StreamingTests|InferenceTests|HTTPFetchingTests|HTTPServingTests|TelemetryTests|StorageTests|ProcessesTests|HostingTests

.PHONY: help run embedder web build debug test test-swift test-integration test-sanitize lint format bench clean setup

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1mmake %-17s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the build needs: Debian packages, the llama.cpp runtime
	@scripts/packages.sh build
	@scripts/llama-runtime.sh > /dev/null

web: setup ## build the web application
	@$(WEB)

build: setup ## make the release build
	@$(WEB)
	@$(RELEASE) --product nexus
	@$(RELEASE) --product nexus-engine
	@ln -sf nexus .build/release/llama-nexus

embedder: build ## fetch the sentence encoder that is served as `embed`, and convert it
	@$(EMBEDDER)

run: embedder ## start Llama Nexus on http://127.0.0.1:8484 with MODEL (default: the starter model)
	@.build/release/nexus serve --model $(MODEL) $(ARGS)

debug: setup
	@scripts/packages.sh test
	@scripts/web.py build
	@swift build --build-tests
	@ln -sf nexus .build/debug/llama-nexus

test: test-swift test-integration ## run all tests: Swift suites, then the field's real clients

test-swift: debug
	@NEXUS_PYTHON=$$(scripts/python.sh test) scripts/swift-test.sh $(TESTS_MIN)

test-integration: debug
	@$(EMBEDDER)
	@$$(scripts/python.sh test) -m pytest -q Tests/Integration

test-sanitize: setup ## run the concurrency modules' tests under Thread Sanitizer
	@scripts/packages.sh test
	@scripts/sanitize.sh $(SANITIZED_MIN) '$(SANITIZED)'

lint: setup ## check format and house rules
	@scripts/packages.sh test
	@OXLINT=$$(dirname $$(scripts/python.sh test))/oxlint scripts/web.py lint
	@swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks
	@scripts/swift-test.sh 30 --filter TidyTests 2>&1 | tail -n 20

format: ## format all Swift files
	@swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

bench: build ## compare speed and memory with named peers on this machine
	@scripts/packages.sh bench
	@for program in bench-server bench-upstream bench-load bench-model bench-decode bench-perplexity bench-quantize; do $(RELEASE) --product $$program || exit 1; done
	@$$(scripts/python.sh bench || command -v python3) Benchmarks/bench.py $(ARGS)

clean: ## remove build output (the cache of llama.cpp stays)
	@rm -rf .build
