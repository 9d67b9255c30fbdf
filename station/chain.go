package station

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Chained returns the event with its place in the chain: the hash of the event
// before it, and its own over everything it says.
func (e Event) Chained(prev string) Event {
	e.Prev = prev
	e.Hash = e.digest()
	return e
}

// digest is SHA-256 over a canonical JSON array: fixed order, times in UTC at
// microseconds (PostgreSQL's precision), details with sorted keys.
func (e Event) digest() string {
	details := e.Details
	if details == nil {
		details = Details{}
	}
	b, err := json.Marshal([]any{
		e.Prev, e.Case, e.Seq, e.At.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano),
		e.Kind, e.Stage, e.Actor, e.Act, e.ActDigest, e.Task, details,
	})
	if err != nil { // details are codes and numbers
		panic(fmt.Sprintf("an event's details cannot be written: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Fault is what an audit found wrong, and in which row: an event of a case, its
// award, or a year of a fund.
type Fault struct {
	Case string
	Seq  int // of the event; 0 for the award
	What string
	Fund string // "" unless it is the fund's
	Year int
}

func (f Fault) String() string {
	switch {
	case f.Fund != "":
		return fmt.Sprintf("fund %s year %d: %s", f.Fund, f.Year, f.What)
	case f.Seq == 0:
		return fmt.Sprintf("case %s: %s", f.Case, f.What)
	default:
		return fmt.Sprintf("case %s event %d: %s", f.Case, f.Seq, f.What)
	}
}

// Verify walks one case's events in their order and returns what is wrong with
// them. Head is the hash and number of the last event as the case row has it:
// it shows a removed end. A person who can rewrite every table can rewrite the
// chain too; against that, keep the cases' heads elsewhere.
func Verify(caseID string, events []Event, headSeq int, headHash string) []Fault {
	var faults []Fault
	prev, want := "", 1
	for _, e := range events {
		switch {
		case e.Seq != want:
			faults = append(faults, Fault{Case: caseID, Seq: want, What: fmt.Sprintf("removed: the next event is %d", e.Seq)})
		case e.Prev != prev:
			faults = append(faults, Fault{Case: caseID, Seq: e.Seq, What: "reordered: it does not follow the event before it"})
		case e.Hash != e.digest():
			faults = append(faults, Fault{Case: caseID, Seq: e.Seq, What: "changed: its hash does not match what it says"})
		}
		prev, want = e.Hash, e.Seq+1
	}
	if last := want - 1; last != headSeq {
		faults = append(faults, Fault{Case: caseID, Seq: headSeq, What: fmt.Sprintf("removed: the case has %d events, its history %d", headSeq, last)})
	} else if prev != headHash {
		faults = append(faults, Fault{Case: caseID, Seq: headSeq, What: "changed: the case's last event is another one"})
	}
	return faults
}

// UnmarshalJSON keeps numbers as they were written.
func (d *Details) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*d = nil
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	m := map[string]any{}
	if err := dec.Decode(&m); err != nil {
		return fmt.Errorf("read details: %w", err)
	}
	*d = m
	return nil
}
