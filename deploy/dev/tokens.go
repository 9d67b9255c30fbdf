package dev

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// tokenLife is how long a sample token is valid.
	tokenLife = 30 * 24 * time.Hour
	// tokenReserve is what must be left of it for the token to be given out again.
	tokenReserve = 24 * time.Hour
	// tokenScope lets a token do all that its account may.
	tokenScope = "full"
	// operator is the role whose token decrypts for the Temporal UI.
	operator = "operator"
	// angel is the role of the members of the hub. No account has it by itself.
	angel = "angel"
)

// Token is a sample account's token, for one of its roles.
type Token struct {
	Role     string    `json:"role"`
	Branch   string    `json:"branch,omitempty"`
	Provider string    `json:"provider,omitempty"`
	Account  string    `json:"account"`
	Name     string    `json:"name"`
	Token    string    `json:"token"`
	Expires  time.Time `json:"expires"`
}

// sampleAccount is what the stack reads of an account in the sample data.
type sampleAccount struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"`
	Branch   string   `json:"branch"`
	Provider string   `json:"provider"`
}

// sampleFounder is what the stack reads of a founding member of the hub.
type sampleFounder struct {
	Account string `json:"account"`
	Branch  string `json:"branch"`
}

// sampleTokens returns a token for each role of each account of the sample, and for each founding member of the hub. Tokens of an earlier start are given out
// again while they are good.
func (s *Stack) sampleTokens(ctx context.Context) ([]Token, error) {
	wanted, err := readRoles(s.opts.Sample)
	if err != nil {
		return nil, err
	}
	file := s.opts.file("tokens.json")
	kept := s.goodTokens(ctx, file)
	made, ctx := errgroup.WithContext(ctx)
	made.SetLimit(2) // each is a process; more at once are not quicker
	for i, t := range wanted {
		same := func(k Token) bool { return k.Role == t.Role && k.Account == t.Account }
		if at := slices.IndexFunc(kept, same); at >= 0 {
			wanted[i].Token, wanted[i].Expires = kept[at].Token, kept[at].Expires
			continue
		}
		made.Go(func() error {
			out, err := s.Run(ctx, "token", "create", "--account", t.Account, "--scope", tokenScope, "--expires", tokenLife.String())
			if err != nil {
				return fmt.Errorf("make a token for the %s: %w", t.Role, err)
			}
			wanted[i].Token, wanted[i].Expires = strings.TrimSpace(out), s.opts.Now().Add(tokenLife)
			return nil
		})
	}
	if err := made.Wait(); err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(wanted, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the tokens: %w", err)
	}
	if err := os.WriteFile(file, append(b, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("keep the tokens in %s: %w", file, err)
	}
	return wanted, nil
}

// goodTokens returns the kept tokens that are still valid. The API knows none of them if the database is a new one.
func (s *Stack) goodTokens(ctx context.Context, file string) []Token {
	var kept []Token
	b, err := os.ReadFile(file) //nolint:gosec // in the stack's own folder
	if err != nil || json.Unmarshal(b, &kept) != nil || len(kept) == 0 {
		return nil
	}
	soon := s.opts.Now().Add(tokenReserve)
	kept = slices.DeleteFunc(kept, func(t Token) bool { return t.Expires.Before(soon) })
	if len(kept) == 0 {
		return nil
	}
	if status, err := get(ctx, s.APIURL()+"/v1/tasks?limit=1", kept[0].Token); err != nil || status == http.StatusUnauthorized {
		return nil
	}
	return kept
}

// readRoles returns each role of each account in a sample, in their order, and then the members of the hub.
func readRoles(sample string) ([]Token, error) {
	var accounts []sampleAccount
	if err := readSample(sample, "accounts.json", &accounts); err != nil {
		return nil, err
	}
	var founders []sampleFounder
	if err := readSample(sample, "founders.json", &founders); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var found []Token
	names := map[string]string{}
	for _, a := range accounts {
		names[a.ID] = a.Name
		for _, role := range a.Roles {
			found = append(found, Token{Role: role, Branch: a.Branch, Provider: a.Provider, Account: a.ID, Name: a.Name})
		}
	}
	for _, f := range founders {
		found = append(found, Token{Role: angel, Branch: f.Branch, Account: f.Account, Name: names[f.Account]})
	}
	return found, nil
}

// readSample reads a file of the sample that was named.
func readSample(sample, name string, into any) error {
	b, err := os.ReadFile(filepath.Join(sample, name)) //nolint:gosec // in the sample that was named
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return fmt.Errorf("read %s of the sample: %w", name, err)
	}
	return nil
}

// operatorToken is what the forwarder of the Temporal UI uses; nothing until the tokens are made.
func (s *Stack) operatorToken() string {
	if t, ok := s.operator.Load().(string); ok {
		return t
	}
	return ""
}
