package main

import _ "embed"

// document describes the API (OpenAPI 3.1).
//
//go:embed openapi.yaml
var document []byte
