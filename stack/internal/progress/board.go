// Package progress shows what each part of the stack is doing while it is
// built, started or stopped: lines redrawn in place on a terminal, a plain log
// elsewhere.
package progress

import (
	"io"
	"slices"
	"sync"
	"time"

	"github.com/charmbracelet/lipgloss"
)

// A State is what a part is doing.
type State struct {
	Label string
	kind  kind
}

type kind int

const (
	idle kind = iota
	active
	done
	failed
)

// The states of a part. The clock of a part runs in the active ones and shows
// how long the last of them took in the others.
var (
	Waiting  = State{"waiting", idle}
	Built    = State{"built", idle}
	Building = State{"building", active}
	Starting = State{"starting", active}
	Stopping = State{"stopping", active}
	Ready    = State{"ready", done}
	Stopped  = State{"stopped", done}
	Failed   = State{"failed", failed}
)

// heartbeat is how often a plain log repeats what is still active.
const heartbeat = 15 * time.Second

// A Board shows one line for each part.
type Board struct {
	mu    sync.Mutex
	rows  []*row
	view  view
	stop  chan struct{}
	ended sync.WaitGroup
}

type row struct {
	name    string
	state   State
	detail  string
	began   time.Time
	took    time.Duration
	printed time.Time
}

// elapsed is how long the current activity lasts, or how long the last one took.
func (r *row) elapsed(now time.Time) time.Duration {
	if r.state.kind == active {
		return now.Sub(r.began)
	}
	return r.took
}

// A view puts rows on the screen. The board calls it with its lock held.
type view interface {
	changed(r *row, now time.Time)
	tick(rows []*row, now time.Time)
	write(rows []*row, text string)
	interval() time.Duration
}

// NewBoard returns a board that shows the named parts on w. When terminal is
// set it redraws them in place. The caller must call Close.
func NewBoard(w io.Writer, terminal bool, names ...string) *Board {
	style := newStyles(lipgloss.NewRenderer(w))
	b := &Board{stop: make(chan struct{})}
	if terminal {
		b.view = &screen{w: w, style: style}
	} else {
		b.view = &plain{w: w}
	}
	for _, name := range names {
		b.rows = append(b.rows, &row{name: name, state: Waiting})
	}
	b.ended.Go(b.run)
	return b
}

// Set changes what a part is doing. A part without a line is left out.
func (b *Board) Set(name string, state State, detail string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.rows, func(r *row) bool { return r.name == name })
	if i < 0 {
		return
	}
	r, now := b.rows[i], time.Now()
	if r.state == state && r.detail == detail {
		return
	}
	if r.state != state {
		r.took = r.elapsed(now)
		if state.kind == active {
			r.began = now
		}
	}
	r.state, r.detail = state, detail
	b.view.changed(r, now)
}

// Print writes text above the lines of the parts.
func (b *Board) Print(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.view.write(b.rows, text)
}

// Close shows the last state and leaves it there.
func (b *Board) Close() {
	close(b.stop)
	b.ended.Wait()
}

func (b *Board) run() {
	tick := time.NewTicker(b.view.interval())
	defer tick.Stop()
	for {
		select {
		case <-b.stop:
			b.draw(time.Now())
			return
		case now := <-tick.C:
			b.draw(now)
		}
	}
}

func (b *Board) draw(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.view.tick(b.rows, now)
}
