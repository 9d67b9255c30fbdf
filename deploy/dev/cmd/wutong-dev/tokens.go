package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wutong/deploy/dev"
)

// tokens prints the tokens of the sample accounts with a role, of one branch, provider or account if it is named, in the order
// of the sample.
func tokens(w io.Writer, role, of string) error {
	file := filepath.Join(folder, "tokens.json")
	b, err := os.ReadFile(file) //nolint:gosec // in the stack's own folder
	if err != nil {
		return fmt.Errorf("there are no tokens in %s yet: start the station with `make run`", folder)
	}
	var all []dev.Token
	if err := json.Unmarshal(b, &all); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	found := false
	var roles []string
	for _, t := range all {
		if t.Role == role && (of == "" || slices.Contains([]string{t.Branch, t.Provider, t.Account}, of)) {
			found = true
			fmt.Fprintln(w, t.Token)
		}
		if !slices.Contains(roles, t.Role) {
			roles = append(roles, t.Role)
		}
	}
	if !found {
		return fmt.Errorf("no sample account is a %q: say one of %s, and after it a branch such as HZ, a provider such as hz-police, or an account's ID", strings.TrimSpace(role+" "+of), strings.Join(roles, ", "))
	}
	return nil
}
