# Everything a person or CI does here is a target of this file.

SHELL := /bin/sh
STACK := .redspan/bin/stack

# Every module of the workspace; e2e runs only against a stack.
MODULES  = $(shell go list -m -f '{{.Dir}}')
UNIT     = $(addsuffix /...,$(filter-out $(CURDIR)/e2e,$(MODULES)))
SERVICES := api store

.DEFAULT_GOAL := help

## Running

.PHONY: up
up: stack ## build what is missing and start the stack (GRAFANA=off does without Grafana)
	@$(STACK) up

.PHONY: down
down: stack ## stop the stack
	@$(STACK) down

.PHONY: status
status: stack ## tell how each part is
	@$(STACK) status

.PHONY: logs
logs: stack ## show the logs of all parts (PARTS="api store" for some)
	@$(STACK) logs $(PARTS)

.PHONY: trace
trace: stack ## send a request that fails and follow it (AT=api|store|database|timeout)
	@$(STACK) trace $(if $(AT),--at $(AT))

.PHONY: clean
clean: stack ## stop the stack and remove its data and logs
	@$(STACK) clean

## Testing

.PHONY: test
test: test-unit test-config test-e2e ## run every test; needs a C compiler, Node.js, PostgreSQL and Chromium

.PHONY: test-fast
test-fast: ## run what needs no stack and no database, in seconds
	@go test -short $(UNIT)

.PHONY: test-unit
test-unit: stack ## run unit and conformance tests with the race detector
	@command -v $${CC:-gcc} >/dev/null || { echo "The race detector needs a C compiler: apt-get install gcc libc6-dev" >&2; exit 1; }
	@$(STACK) tool gotestsum --format pkgname-and-test-fails -- -race -shuffle=on $(UNIT)

FUZZTIME ?= 30s

.PHONY: fuzz
fuzz: ## run each fuzz function for FUZZTIME (30s)
	@found=$$(go test -list '^Fuzz' $(UNIT)) || { echo "$$found" >&2; exit 1; }; \
	echo "$$found" | awk '/^Fuzz/ {names[n++] = $$1} $$1 == "ok" {for (i = 0; i < n; i++) print $$2, names[i]; n = 0}' | \
	while read -r package name; do \
		echo "$$package $$name"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; \
	done

.PHONY: test-config
test-config: stack ## check the configuration of every part and the alert rules
	$(generate-slo)
	@diff -u prometheus/rules/slo.yaml .redspan/slo/rules.yaml || { echo "prometheus/rules/slo.yaml is not what prometheus/slo.yaml says: run make slo" >&2; exit 1; }
	@$(STACK) tool promtool check config prometheus/prometheus.yml
	@$(STACK) tool promtool test rules prometheus/tests/*.yaml
	@$(STACK) tool amtool check-config alertmanager/alertmanager.yml
	@for severity in page=webhook ticket=webhook none=nobody; do \
		$(STACK) tool amtool config routes test --config.file=alertmanager/alertmanager.yml --verify.receivers=$${severity#*=} severity=$${severity%=*} >/dev/null || exit 1; \
	done
	@$(STACK) tool otelcol validate --config otel-collector/config.yaml
	@$(STACK) tool tempo -config.file=tempo/tempo.yaml -config.expand-env=true -config.verify=true

.PHONY: test-e2e
test-e2e: stack ## run the end-to-end tests on a stack of their own
	@$(STACK) build
	@$(STACK) tool gotestsum --format testname -- -count=1 -timeout 20m ./e2e/...

N ?= 20

.PHONY: bench-detect
bench-detect: stack ## measure how soon a 5xx is traced and paged for, in N (20) fresh stacks
	@$(STACK) build process-compose prometheus alertmanager tempo otelcol
	@go run ./e2e/cmd/detect -n $(N)

## Checking and building

# Whether injected faults use up the error budget: on, or off to leave the fault
# route out. Run `make slo` after a change.
SLO_DRILLS := on

define generate-slo
	@mkdir -p .redspan/slo
	@sed '$(if $(filter off,$(SLO_DRILLS)),s:http_route!="":http_route!~"|/error":)' prometheus/slo.yaml >.redspan/slo/spec.yaml
	@$(STACK) tool sloth generate --no-log -i .redspan/slo/spec.yaml -o .redspan/slo/generated.yaml
	@awk -f prometheus/slo.awk .redspan/slo/generated.yaml >.redspan/slo/rules.yaml
endef

.PHONY: slo
slo: stack ## generate the SLO rules from prometheus/slo.yaml
	$(generate-slo)
	@cp .redspan/slo/rules.yaml prometheus/rules/slo.yaml

.PHONY: lint
lint: stack ## run golangci-lint on every module
	@for dir in $(MODULES); do (cd $$dir && $(CURDIR)/$(STACK) tool golangci-lint run --allow-parallel-runners ./...) || failed=1; done; [ -z "$$failed" ]

.PHONY: vuln
vuln: stack ## look for known vulnerabilities in what every module uses
	@for dir in $(MODULES); do (cd $$dir && $(CURDIR)/$(STACK) tool govulncheck ./...) || failed=1; done; [ -z "$$failed" ]

.PHONY: fmt
fmt: stack ## format the Go code and order its imports
	@for dir in $(MODULES); do (cd $$dir && $(CURDIR)/$(STACK) tool golangci-lint fmt) || exit 1; done

.PHONY: tidy
tidy: ## tidy every module's go.mod
	@for dir in $(MODULES); do GOWORK=off go mod tidy -C $$dir || exit 1; done

.PHONY: build
build: ## build the two services into .redspan/bin
	@for name in $(SERVICES); do CGO_ENABLED=0 go build -trimpath -C services/$$name -o $(CURDIR)/.redspan/bin/$$name . || exit 1; done

.PHONY: tools
tools: stack ## build every tool into the cache
	@$(STACK) build

# The program behind most targets. Outside the workspace, so that it builds
# whatever state the other modules are in.
.PHONY: stack
stack:
	@GOWORK=off go build -C stack -o $(CURDIR)/$(STACK) .

.PHONY: help
help: ## show this help
	@awk 'BEGIN {FS = ":.*## "} \
		/^## / {printf "\n%s\n", substr($$0, 4)} \
		/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
