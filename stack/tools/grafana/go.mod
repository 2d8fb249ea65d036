// This module pins what build.sh builds. Grafana is a plain requirement and not a `tool`: its main package
// compiles only after build.sh has generated the wiring, and only with the replace directives of its own go.mod.
// So `go mod tidy` would drop the line; do not run it here.
module redspan/stack/tools/grafana

go 1.26.8

tool github.com/google/wire/cmd/wire

require (
	github.com/google/wire v0.7.0
	github.com/grafana/grafana v1.9.2-0.20230609164553-81d85ce8028d
)

require (
	github.com/google/subcommands v1.2.0 // indirect
	github.com/pmezard/go-difflib v1.0.1-0.20181226105442-5d4384ee4fb2 // indirect
	golang.org/x/mod v0.20.0 // indirect
	golang.org/x/sync v0.8.0 // indirect
	golang.org/x/tools v0.24.1 // indirect
)
