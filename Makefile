# Wutong: the commands of the house. CONTRIBUTING.md says when to use which.

GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
WORKFLOWCHECK := go run go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

.PHONY: build test lint

build:
	go build -o bin/wutong ./cmd/wutong

# Starts the PostgreSQL that it needs, and stops it.
test:
	go test ./...

lint:
	$(GOLANGCI) run ./...
	$(WORKFLOWCHECK) -config .workflowcheck.yml ./workflows/...
