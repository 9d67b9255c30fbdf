package pgserver

import (
	"io"
	"slices"
	"strings"
	"sync"
)

// tailSize is how much of the server's output is kept to explain its end.
const tailSize = 8 << 10

// tail passes a server's output on and keeps its end.
type tail struct {
	next io.Writer

	mu   sync.Mutex
	kept []byte
}

// Write never fails: a full disk under a log must not block the server.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - tailSize; extra > 0 {
		t.kept = t.kept[extra:]
	}
	if t.next != nil {
		_, _ = t.next.Write(p)
	}
	return len(p), nil
}

func (t *tail) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

func (t *tail) mentions(words string) bool { return strings.Contains(t.text(), words) }

// complaint is the last line that says what went wrong, or the last line.
func (t *tail) complaint() string {
	lines := strings.Split(strings.TrimSpace(t.text()), "\n")
	for _, line := range slices.Backward(lines) {
		for _, mark := range []string{"FATAL:", "PANIC:"} {
			if _, words, found := strings.Cut(line, mark); found {
				return strings.TrimSpace(words)
			}
		}
	}
	return lines[len(lines)-1]
}

// lastLine picks the line of a program's output that explains its failure.
func lastLine(out string, err error) string {
	for line := range strings.Lines(out) {
		for _, mark := range []string{"error:", "FATAL:"} { // initdb's own words, and those of the server that it starts
			if _, words, found := strings.Cut(line, mark); found {
				return strings.TrimSpace(words)
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	return err.Error()
}
