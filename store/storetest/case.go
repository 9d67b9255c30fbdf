package storetest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// Referral takes in a referral of Sample's programme; no workflow knows of it.
func Referral(tb testing.TB, db *store.DB, by station.Account) station.Case {
	tb.Helper()
	raw, err := json.Marshal(station.ReferralForm{
		Channel: "alumni", Name: "季逸超", Email: "talent@example.com", Institution: "zju", Field: "AI",
		Evidence: []string{"https://example.com"}, Why: "Because.", Language: station.Chinese,
	})
	require.NoError(tb, err)
	form, err := station.Processes[station.Referral].CheckForm(raw)
	require.NoError(tb, err)
	programme, err := db.Programme(context.Background(), Programme)
	require.NoError(tb, err)
	c, _, err := db.InsertCase(context.Background(), station.NewCase{
		ID: station.NewID(), Kind: station.Referral, Programme: programme, Applicant: by.ID,
		Key: station.NewID(), RequestHash: "hash", Application: form, At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	})
	require.NoError(tb, err)
	return c
}
