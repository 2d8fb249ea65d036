// Package processcompose runs process-compose, the supervisor of the stack,
// and talks to it over its unix socket.
package processcompose

import (
	"fmt"
	"net"
	"os"
	"slices"

	"gopkg.in/yaml.v3"
)

// A Project is what stack/process-compose.yaml says about the processes.
type Project struct {
	Processes []Process // in the order of the file
}

// A Process is one part of the stack as the project file describes it.
type Process struct {
	Name      string
	DependsOn []string
	// ReadyURL answers 200 once the process is ready.
	ReadyURL string
	// Files are the configuration files that it reads, relative to the checkout.
	Files []string
}

// LoadProject reads a project file, with ${VARIABLES} replaced from env.
func LoadProject(path string, env map[string]string) (*Project, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Processes yaml.Node `yaml:"processes"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	project := &Project{}
	// The node keeps the order of the file, which a map would lose.
	for i := 0; i+1 < len(file.Processes.Content); i += 2 {
		p, err := decodeProcess(file.Processes.Content[i+1], env)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p.Name = file.Processes.Content[i].Value
		project.Processes = append(project.Processes, p)
	}
	return project, nil
}

func decodeProcess(node *yaml.Node, env map[string]string) (Process, error) {
	var raw struct {
		DependsOn map[string]any `yaml:"depends_on"`
		Files     []string       `yaml:"x-files"`
		Probe     struct {
			HTTP struct {
				Host string `yaml:"host"`
				Port string `yaml:"port"`
				Path string `yaml:"path"`
			} `yaml:"http_get"`
		} `yaml:"readiness_probe"`
	}
	if err := node.Decode(&raw); err != nil {
		return Process{}, err
	}
	p := Process{Files: raw.Files}
	for name := range raw.DependsOn {
		p.DependsOn = append(p.DependsOn, name)
	}
	slices.Sort(p.DependsOn)
	http := raw.Probe.HTTP
	port := os.Expand(http.Port, func(name string) string { return env[name] })
	p.ReadyURL = "http://" + net.JoinHostPort(http.Host, port) + http.Path
	return p, nil
}

// StopOrder returns the names of the processes in groups that stop one after
// the other: no process stops before the ones that depend on it.
func (p *Project) StopOrder() [][]string {
	var groups [][]string
	placed := map[string]bool{}
	for len(placed) < len(p.Processes) {
		var group []string
		for _, process := range p.Processes {
			if !placed[process.Name] && !p.neededByOthers(process.Name, placed) {
				group = append(group, process.Name)
			}
		}
		if group == nil {
			return groups // a cycle, which process-compose refuses at its start
		}
		for _, name := range group {
			placed[name] = true
		}
		groups = append(groups, group)
	}
	return groups
}

func (p *Project) neededByOthers(name string, placed map[string]bool) bool {
	for _, other := range p.Processes {
		if !placed[other.Name] && slices.Contains(other.DependsOn, name) {
			return true
		}
	}
	return false
}
