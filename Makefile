# Wutong: the commands of the house. CONTRIBUTING.md says when to use which.

GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
WORKFLOWCHECK := go run go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

.PHONY: run reset build test bench lint font

# Everything on this machine: PostgreSQL, Temporal and its UI, the mailbox, sample data, worker, API. Ctrl-C stops it.
run: build
	@exec bin/wutong-dev run

# Removes the data that run keeps in .dev/.
reset: build
	@exec bin/wutong-dev reset

build:
	@go build -o bin/wutong ./cmd/wutong
	@deploy/dev/build

# Starts the PostgreSQL and the Temporal that it needs, and stops them. Both modules are tested even if the first fails.
test: build
	@status=0; \
	go test -timeout 30m ./... || status=1; \
	(cd deploy/dev && go test -timeout 60m ./...) || status=1; \
	exit $$status

# Tables of figures, each beside a baseline of the same run.
bench: build
	@cd deploy/dev && go run ./cmd/wutong-bench

lint:
	$(GOLANGCI) run ./...
	cd deploy/dev && $(GOLANGCI) run -c ../../.golangci.yml ./...
	$(WORKFLOWCHECK) -config .workflowcheck.yml ./workflows/...

# Fetches the fonts of the letters again, and compares them to what is here. Needs node and npm; nothing else does.
font:
	@api/letter/font/fetch
