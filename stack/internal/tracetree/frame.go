package tracetree

import "strings"

// ownModules is how the functions of this repository begin in a Go stack.
const ownModules = "redspan/"

// Frame returns the place in this repository's own code that a Go stack points
// at, such as "services/api/main.go:12 main.run". In the stack of a panic that is
// the first function below the panic, since the ones above only recovered it.
func Frame(stack string) (place string, ok bool) {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") {
			lines = lines[i+1:]
			break
		}
	}
	for i, line := range lines[:max(0, len(lines)-1)] {
		if strings.HasPrefix(line, ownModules) {
			return position(lines[i+1]) + "  " + function(line), true
		}
	}
	return "", false
}

// position shortens "\t/home/me/redspan/services/api/main.go:12 +0x1d".
func position(line string) string {
	line = strings.TrimSpace(line)
	if i := strings.LastIndex(line, " +0x"); i >= 0 {
		line = line[:i]
	}
	for _, dir := range []string{"/services/", "/internal/", "/e2e/"} {
		if i := strings.Index(line, dir); i >= 0 {
			return line[i+1:]
		}
	}
	return line
}

// function shortens "redspan/services/api/internal/httpapi.(*Server).fault(0x1, 0x2)".
func function(line string) string {
	line = line[strings.LastIndex(line, "/")+1:]
	if i := strings.LastIndex(line, "("); i > 0 {
		line = line[:i]
	}
	return line
}
