package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"wutong/station"
)

// move is what a round says to a project, or the last project to its round.
type move struct {
	Case    string
	Verdict station.Verdict
	At      string // when what begins ends
	Rank    int
	Account string // of a conflict
}

// id is the same however often it is said.
func (m move) id(round string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.Join([]string{"wutong round move", round, string(m.Verdict), m.Case, m.Account}, "\x00"))).String()
}

// say keeps moves of a round as acts of the cases that they are for. None of the
// cases ends meanwhile: a project ends with its round held.
func (r *recording) say(ctx context.Context, round string, moves ...move) error {
	acts := make([]station.Act, len(moves))
	for i, m := range moves {
		acts[i] = station.Act{
			ID: m.id(round), Case: m.Case, Task: station.RoundTask(m.Case),
			Body: station.Body{Verdict: m.Verdict, At: m.At, Rank: m.Rank, Account: m.Account},
		}
	}
	return r.tell(ctx, acts...)
}

// tell keeps what a case says to others as acts of theirs, each once, and notes whom
// to wake. A case that has ended hears nothing: the caller holds what it would end
// with.
func (r *recording) tell(ctx context.Context, acts ...station.Act) error {
	if len(acts) == 0 {
		return nil
	}
	type row struct {
		ID     string `json:"id"`
		Case   string `json:"case_id"`
		Task   string `json:"task"`
		Body   string `json:"body"`
		Salt   string `json:"salt"`
		Digest string `json:"digest"`
		Hash   string `json:"request_hash"`
	}
	rows := make([]row, len(acts))
	for i, a := range acts {
		body, err := json.Marshal(a.Body)
		if err != nil {
			return err
		}
		salt := make([]byte, 16)
		_, _ = rand.Read(salt)
		rows[i] = row{
			ID: a.ID, Case: a.Case, Task: a.Task, Body: string(body), Salt: hex.EncodeToString(salt),
			Digest: station.ActDigest(salt, body), Hash: requestHash(station.Move, a.Task, a.Case, body),
		}
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	var said []struct {
		ID, Task string
		Case     string `db:"case_id"`
	}
	err = r.tx.SelectContext(ctx, &said, `
		INSERT INTO acts (id, case_id, task, kind, actor, body, salt, digest, request_hash, at, status)
		SELECT m.id, m.case_id, m.task, 'move', '', m.body::json, decode(m.salt, 'hex'), m.digest, m.request_hash, $2, 'pending'
		FROM json_to_recordset($1::json) AS m (id uuid, case_id uuid, task text, body text, salt text, digest text, request_hash text)
		JOIN cases c ON c.id = m.case_id AND c.ended_at IS NULL
		ON CONFLICT (id) DO NOTHING RETURNING id, task, case_id`, string(raw), r.ch.At)
	if err != nil {
		return fmt.Errorf("tell %d cases how they go on: %w", len(acts), err)
	}
	for _, s := range said {
		r.written.Wake = append(r.written.Wake, station.Wake{
			Case: s.Case, Signal: station.Signal{Act: s.ID, Kind: station.Move, Task: s.Task},
		})
	}
	return nil
}
