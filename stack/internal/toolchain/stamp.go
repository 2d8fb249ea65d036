package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// stampFile stands beside a finished build and tells what it was made from.
const stampFile = ".stamp"

// stamp returns a hash over the names and contents of the input files. A
// missing file counts as an empty one: go.sum is absent where nothing is required.
func stamp(inputs []string) (string, error) {
	inputs = slices.Sorted(slices.Values(inputs))
	h := sha256.New()
	for _, path := range inputs {
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		sum := sha256.Sum256(data)
		h.Write([]byte(filepath.Base(path) + "\n"))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// current reports whether dir holds a finished build with the given stamp.
func current(dir, binary, want string) bool {
	if _, err := os.Stat(filepath.Join(dir, binary)); err != nil {
		return false
	}
	got, err := os.ReadFile(filepath.Join(dir, stampFile))
	return err == nil && string(got) == want
}
