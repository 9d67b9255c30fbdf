package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"wutong/station"
	"wutong/station/calendar"
	"wutong/store"
)

// openStore connects to the database that DATABASE_URL names.
func openStore() (*store.DB, error) {
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		return nil, errors.New("DATABASE_URL is not set: give the address of the PostgreSQL database")
	}
	return store.Open(url)
}

// years ahead and behind for which the calendar is loaded at a migration.
const yearsAround = 3

func migrate(ctx context.Context, out io.Writer) error {
	db, err := openStore()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	this := time.Now().Year()
	for y := this - 1; y <= this+yearsAround; y++ {
		if err := db.LoadCalendar(ctx, calendar.Year(y)); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(out, "the database is up to date")
	return err
}

func loadCalendar(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 || args[0] != "load" {
		return errUsage
	}
	f, err := os.Open(args[1]) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	days, err := calendar.ParseFile(f)
	if err != nil {
		return fmt.Errorf("%s: %w", args[1], err)
	}
	db, err := openStore()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := db.LoadCalendar(ctx, days); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d days loaded\n", len(days))
	return err
}

// seed loads a folder of JSON files. Everything is checked before anything is
// written.
func seed(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 {
		return errUsage
	}
	var s store.Seed
	for name, into := range map[string]any{
		"branches.json": &s.Branches, "institutions.json": &s.Institutions, "channels.json": &s.Channels,
		"programmes.json": &s.Programmes, "accounts.json": &s.Accounts,
	} {
		if err := readJSON(filepath.Join(args[0], name), into); err != nil {
			return err
		}
	}
	// a station without funds, an angel hub, or services has no such file
	for name, into := range map[string]any{"funds.json": &s.Funds, "founders.json": &s.Founders, "catalogue.json": &s.Catalogue} {
		if err := readJSON(filepath.Join(args[0], name), into); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	for _, p := range s.Programmes {
		if err := p.Check(); err != nil {
			return fmt.Errorf("programme %s: %w", p.Code, err)
		}
	}
	for _, f := range s.Funds {
		if err := f.Check(); err != nil {
			return fmt.Errorf("fund %s: %w", f.Code, err)
		}
	}
	if s.Catalogue != nil {
		if err := s.Catalogue.Check(); err != nil {
			return fmt.Errorf("catalogue.json: %w", err)
		}
	}
	db, err := openStore()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := fits(ctx, db, s); err != nil {
		return err
	}
	if err := db.Load(ctx, s); err != nil {
		return err
	}
	services := 0
	if s.Catalogue != nil {
		services = len(s.Catalogue.Offers)
	}
	_, err = fmt.Fprintf(out, "loaded %d branches, %d programmes, %d funds, %d services, %d accounts, %d founding members of an angel hub\n",
		len(s.Branches), len(s.Programmes), len(s.Funds), services, len(s.Accounts), len(s.Founders))
	return err
}

// fits refuses a seed that names what is neither in it nor in the database.
func fits(ctx context.Context, db *store.DB, s store.Seed) error {
	for _, p := range s.Programmes {
		if err := fundIsThere(ctx, db, p, s.Funds); err != nil {
			return fmt.Errorf("programme %s: %w", p.Code, err)
		}
	}
	for _, f := range s.Founders {
		if err := accountIsThere(ctx, db, f.Account, s.Accounts); err != nil {
			return fmt.Errorf("founders.json: %w", err)
		}
	}
	if err := branchesAreThere(ctx, db, s); err != nil {
		return fmt.Errorf("catalogue.json: %w", err)
	}
	return providersAreThere(ctx, db, s)
}

// fundIsThere refuses a programme whose fund is neither there nor about to be
// loaded: its cases would wait for money that never comes.
func fundIsThere(ctx context.Context, db *store.DB, p station.Programme, loading []station.Fund) error {
	fundOf := station.Processes[p.Kind].Fund
	if fundOf == nil {
		return nil
	}
	code, err := fundOf(p.Terms)
	if err != nil || slices.ContainsFunc(loading, func(f station.Fund) bool { return f.Code == code }) {
		return err
	}
	if _, err = db.FundByCode(ctx, code); station.CodeOf(err) == station.NotFound {
		return fmt.Errorf("terms/fund: there is no fund %s; put it into funds.json", code)
	}
	return err
}

// accountIsThere refuses a member of the hub who has no account.
func accountIsThere(ctx context.Context, db *store.DB, id string, loading []station.Account) error {
	if slices.ContainsFunc(loading, func(a station.Account) bool { return a.ID == id }) {
		return nil
	}
	if _, err := db.AccountByID(ctx, id); station.CodeOf(err) == station.NotFound {
		return fmt.Errorf("there is no account %s; put it into accounts.json", id)
	} else if err != nil {
		return err
	}
	return nil
}

// branchesAreThere refuses a catalogue with a branch that nobody knows: what is of it
// would never be offered.
func branchesAreThere(ctx context.Context, db *store.DB, s store.Seed) error {
	if s.Catalogue == nil {
		return nil
	}
	named := map[string][]string{} // by whom
	for _, p := range s.Catalogue.Providers {
		named[p.Code] = []string{p.Branch}
	}
	for _, o := range s.Catalogue.Offers {
		named[o.Code] = append(named[o.Code], o.Branches...)
	}
	for _, by := range slices.Sorted(maps.Keys(named)) {
		for _, code := range named[by] {
			if slices.ContainsFunc(s.Branches, func(b station.Branch) bool { return b.Code == code }) {
				continue
			}
			if _, err := db.City(ctx, code); station.CodeOf(err) == station.NotFound {
				return fmt.Errorf("%s: there is no branch %s; put it into branches.json", by, code)
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// providersAreThere refuses the people of a provider that is in no catalogue.
func providersAreThere(ctx context.Context, db *store.DB, s store.Seed) error {
	known, err := db.Catalogue(ctx)
	if err != nil {
		return err
	}
	if s.Catalogue != nil {
		known.Providers = append(known.Providers, s.Catalogue.Providers...)
	}
	for _, a := range s.Accounts {
		if a.Provider != "" && !slices.ContainsFunc(known.Providers, func(p station.Provider) bool { return p.Code == a.Provider }) {
			return fmt.Errorf("accounts.json: account %s is of provider %s, which is not there; put it into catalogue.json", a.ID, a.Provider)
		}
	}
	return nil
}

func readJSON(path string, into any) error {
	f, err := os.Open(path) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// createToken prints a new token; only its hash is kept.
func createToken(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "create" {
		return errUsage
	}
	flags := flag.NewFlagSet("token create", flag.ContinueOnError)
	account := flags.String("account", "", "the account's ID")
	scope := flags.String("scope", string(station.ScopeFull), "full or read")
	expires := flags.Duration("expires", 30*24*time.Hour, "how long it is good")
	if err := flags.Parse(args[1:]); err != nil {
		return errUsage
	}
	db, err := openStore()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.AccountByID(ctx, *account); err != nil {
		return err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	token := "wt_" + base64.RawURLEncoding.EncodeToString(secret)
	hash := sha256.Sum256([]byte(token))
	err = db.InsertToken(ctx, station.Token{
		ID: station.NewID(), Account: *account, Hash: hash[:], Scope: station.Scope(*scope), ExpiresAt: time.Now().Add(*expires),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, token)
	return err
}

// audit walks every case's history and adds up every fund's ledger; it fails if
// anything is wrong with one.
func audit(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 || args[0] != "verify" {
		return errUsage
	}
	db, err := openStore()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	faults := 0
	found := func(f station.Fault) {
		faults++
		_, _ = fmt.Fprintln(out, f)
	}
	cases, events, err := db.Audit(ctx, found)
	if err != nil {
		return err
	}
	entries, err := db.AuditFunds(ctx, found)
	if err != nil {
		return err
	}
	if faults > 0 {
		return fmt.Errorf("%d faults in the history of %d cases and the ledgers of their funds", faults, cases)
	}
	_, err = fmt.Fprintf(out, "%d cases, %d events: every history is as it was written; %d entries: every fund is what its ledger adds up to\n", cases, events, entries)
	return err
}
