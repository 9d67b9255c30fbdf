package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"wutong/station"
)

// A page holds so many items unless asked otherwise, and never more than most.
const (
	pageUsual = 20
	pageMost  = 100
)

func pageSize(limit int) int {
	if limit <= 0 {
		return pageUsual
	}
	return min(limit, pageMost)
}

// statement is SQL with its arguments: what a list runs, and what a test
// explains.
type statement struct {
	text string
	args []any
}

// arg adds an argument and returns its placeholder.
func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

// cutPage cuts off the row that was read only to see whether there is more, and
// makes the cursor after the last one left.
func cutPage[T any](rows []T, size int, list string, keys func(T) []string) ([]T, string) {
	if len(rows) <= size {
		return rows, ""
	}
	rows = rows[:size]
	return rows, writeCursor(list, keys(rows[size-1]))
}

// cursor says after which row of which list a page begins. It is opaque to
// those who carry it, not secret: visibility is asked again for every page.
type cursor struct {
	List string   `json:"l"`
	Keys []string `json:"k"`
	Sum  string   `json:"s"` // tells a cursor that was cut or changed on its way
}

// listName names a list with its filters: a cursor goes on with the list that
// it came from and with no other.
func listName(name string, filters ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(filters, "\x00")))
	return name + ":" + hex.EncodeToString(sum[:4])
}

func (c cursor) sum() string {
	sum := sha256.Sum256([]byte(c.List + "\x00" + strings.Join(c.Keys, "\x00")))
	return hex.EncodeToString(sum[:4])
}

func writeCursor(list string, keys []string) string {
	c := cursor{List: list, Keys: keys}
	c.Sum = c.sum()
	b, _ := json.Marshal(c) // strings can always be written
	return base64.RawURLEncoding.EncodeToString(b)
}

// A keyCheck tells whether a cursor's key has the form that its column wants.
type keyCheck func(string) bool

func isUUID(s string) bool { return uuid.Validate(s) == nil }

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

func isText(s string) bool { return !strings.ContainsRune(s, 0) }

// readCursor returns the keys in a cursor of a list, or nil for "", the
// beginning.
func readCursor(s, list string, checks ...keyCheck) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	bad := station.Refuse(station.Invalid, "cursor_invalid", "the cursor is not one of this list")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, bad
	}
	var c cursor
	if err := json.Unmarshal(b, &c); err != nil || c.List != list || c.Sum != c.sum() || len(c.Keys) != len(checks) {
		return nil, bad
	}
	for i, ok := range checks {
		if !ok(c.Keys[i]) {
			return nil, bad
		}
	}
	return c.Keys, nil
}

// timeKey writes a time as a cursor carries it, at PostgreSQL's precision.
func timeKey(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
