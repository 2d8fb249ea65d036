// Package toolchain builds the programs that Redspan runs and is checked with.
//
// Each upstream is pinned by a module under stack/tools. Finished builds live
// outside the checkout, in a cache that every checkout of the user shares.
package toolchain

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
)

// A recipe says how one tool is made.
type recipe struct {
	name   string
	module string // folder below stack/tools
	pkg    string // main package, or the module that a tool with its own build comes from
}

// recipes is in the order in which a first `up` needs the tools: the pair and
// what it reports to come first, Grafana with its long build last.
var recipes = []recipe{
	{name: "process-compose", module: "process-compose", pkg: "github.com/f1bonacc1/process-compose/src"},
	{name: "ocb", module: "ocb", pkg: "go.opentelemetry.io/collector/cmd/builder"},
	{name: "otelcol"},
	{name: "prometheus", module: "prometheus", pkg: "github.com/prometheus/prometheus/cmd/prometheus"},
	{name: "tempo", module: "tempo", pkg: "github.com/grafana/tempo/cmd/tempo"},
	{name: "alertmanager", module: "alertmanager", pkg: "github.com/prometheus/alertmanager/cmd/alertmanager"},
	{name: "promtool", module: "prometheus", pkg: "github.com/prometheus/prometheus/cmd/promtool"},
	{name: "amtool", module: "alertmanager", pkg: "github.com/prometheus/alertmanager/cmd/amtool"},
	{name: "sloth", module: "sloth", pkg: "github.com/slok/sloth/cmd/sloth"},
	{name: "gotestsum", module: "gotestsum", pkg: "gotest.tools/gotestsum"},
	{name: "golangci-lint", module: "golangci-lint", pkg: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"},
	{name: "govulncheck", module: "govulncheck", pkg: "golang.org/x/vuln/cmd/govulncheck"},
	{name: "grafana", module: "grafana", pkg: "github.com/grafana/grafana"},
}

// Names returns the names of all tools in build order.
func Names() []string {
	names := make([]string, 0, len(recipes))
	for _, r := range recipes {
		names = append(names, r.name)
	}
	return names
}

func find(name string) (recipe, error) {
	for _, r := range recipes {
		if r.name == name {
			return r, nil
		}
	}
	return recipe{}, fmt.Errorf("no tool named %q; there are %s", name, strings.Join(Names(), ", "))
}

// goMod reads the go.mod that pins the tool.
func (r recipe) goMod(root string) (*modfile.File, error) {
	path := filepath.Join(root, "stack", "tools", r.module, "go.mod")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(path, data, nil)
}

// version returns the version of the upstream module that the tool's package
// belongs to.
func (r recipe) version(root string) (string, error) {
	f, err := r.goMod(root)
	if err != nil {
		return "", err
	}
	path, version := "", ""
	for _, req := range f.Require {
		mod := req.Mod.Path
		if (r.pkg == mod || strings.HasPrefix(r.pkg, mod+"/")) && len(mod) > len(path) {
			path, version = mod, req.Mod.Version
		}
	}
	if version == "" {
		return "", fmt.Errorf("stack/tools/%s/go.mod requires no module that holds %s", r.module, r.pkg)
	}
	return version, nil
}

var buildTags = regexp.MustCompile(`(?m)^// build-tags: (.+)$`)

// tags returns the build tags that the go.mod asks for in a comment, since
// their right choice depends on the version pinned there.
func (r recipe) tags(root string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, "stack", "tools", r.module, "go.mod"))
	if err != nil {
		return "", err
	}
	if m := buildTags.FindSubmatch(data); m != nil {
		return string(m[1]), nil
	}
	return "", nil
}
