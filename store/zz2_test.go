package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"wutong/migrations"
	"wutong/store"
	"wutong/store/storetest"
)

func TestClone(t *testing.T) {
	ctx := context.Background()
	for range 4 {
		db, _ := store.Open(storetest.URL(t))
		a := time.Now()
		text := ""
		for _, n := range []string{"00001_station.sql", "00002_cases.sql", "00003_mail_and_reserve.sql"} {
			b, _ := migrations.FS.ReadFile(n)
			text += strings.ReplaceAll(string(b), "CREATE EXTENSION", "-- ")
		}
		if _, err := db.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
		t.Log("ddl", time.Since(a))
		db.Close()
	}
}
