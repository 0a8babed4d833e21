# make help lists the targets.

GO        ?= go
FUZZTIME  ?= 30s
BENCHTIME ?= 1s

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.6.1
PACKAGES    := ./...

.PHONY: help build run test race lint generate check-generated bench bench-compare load fuzz conformance deps clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

build: ## build bin/skein and bin/skein-load
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/skein ./cmd/skein-load

run: build ## build and serve CL4 and Scratch on ws://127.0.0.1:3000/; ARGS=... for flags of serve
	bin/skein serve $(ARGS)

test: deps check-generated lint race ## everything: what the tests need, generated code, vet, lint, all tests with -race

race: ## all tests with the race detector
	cd tests/bench && $(GO) vet ./... && $(GO) test -count=1 ./...
	$(GO) test -race -count=1 -timeout 15m $(PACKAGES)

lint: ## go vet, gofmt and staticcheck
	$(GO) vet $(PACKAGES)
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "not gofmt-ed:"; echo "$$files"; exit 1; fi
	$(GO) run $(STATICCHECK) $(PACKAGES)

generate: ## make the generated code again
	$(GO) generate ./...

check-generated: ## fail when generated code does not belong to its source
	@sums() { find . -name '*_easyjson.go' | sort | xargs cksum; }; \
	before=$$(sums); $(MAKE) -s generate || exit 1; after=$$(sums); \
	if [ "$$before" != "$$after" ]; then echo "generated code was out of date; it has been made again"; exit 1; fi

bench: ## benchmarks with allocations
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./codec/... ./protocol/... ./actors/... ./supervisor/...

bench-compare: build ## Skein beside the baselines, interleaved; ARGS="-chart FILE" draws a chart
	cd tests/bench && $(GO) run ./compare $(ARGS)

load: build ## a short load test of a server of its own
	tests/load.sh

fuzz: ## every fuzz test for FUZZTIME (30s)
	@for pkg in $$($(GO) list ./codec/... ./protocol/... ./supervisor/storage ./supervisor/transport); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; done

conformance: ## RFC 6455 and the recorded conversations against the binary
	$(GO) test -race -count=1 ./tests/rfc6455 ./tests/conformance

deps: ## install what the tests need: a browser, Python's websockets, Node packages
	tests/deps.sh

clean: ## remove what was built
	rm -rf bin tests/e2e/node_modules
