// Package logtail reads the ends of log files, and follows them as they grow.
package logtail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// window is how much of the end of a file Last looks at.
const window = 256 << 10

// Last returns the last n lines of a file from an offset on, and where the
// file ended. A file that does not exist has no lines.
func Last(path string, offset int64, n int) (lines []string, end int64, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if offset > info.Size() {
		offset = 0 // the file was cut since the offset was taken
	}
	from := max(offset, info.Size()-window)
	data, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if err != nil {
		return nil, 0, err
	}
	for line := range bytes.Lines(data) {
		lines = append(lines, string(bytes.TrimRight(line, "\n")))
	}
	return lines[max(0, len(lines)-n):], info.Size(), nil
}

// Follow hands over each line that a file grows by after the offset, until ctx
// ends. It starts over in a file that was cut or replaced.
func Follow(ctx context.Context, path string, offset int64, line func(string)) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		offset = readFrom(path, offset, line)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// readFrom hands over the whole lines after offset and returns where they end.
// A file that cannot be read now may be there the next time.
func readFrom(path string, offset int64, line func(string)) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() < offset {
		offset = 0
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return offset
	}
	r := bufio.NewReader(f)
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			return offset
		}
		offset += int64(len(text))
		line(text[:len(text)-1])
	}
}
