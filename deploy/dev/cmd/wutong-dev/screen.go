package main

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"text/tabwriter"

	"wutong/deploy/dev"
)

// screen is what a person sees when everything is ready: where things are, who they can be, and what to try first.
func screen(s *dev.Stack) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { fmt.Fprintf(w, "  %s\n", strings.Join(cells, "\t")) }

	fmt.Fprintln(w, "\nWutong runs. Ctrl-C stops it; data stays in .dev/ until `make reset`.\n\nWhere")
	line("API", s.APIURL())
	line("its documentation", s.APIURL()+"/docs")
	line("Temporal UI", s.UIURL())
	line("mailbox", s.MailboxURL())
	line("Temporal", s.Temporal.Address())
	line("PostgreSQL", withoutPassword(s.DatabaseURL()))
	if len(s.Tokens) > 0 {
		fmt.Fprintln(w, "\nWho (the first of each role; all are in .dev/tokens.json, and `bin/wutong-dev tokens ROLE` prints theirs)")
		for _, t := range s.Tokens {
			if t.Token == s.Token(t.Role) {
				line(t.Role, t.Token, t.Name) // the name last: Chinese characters are two columns wide
			}
		}
	}
	fmt.Fprintln(w, "\nTry")
	try := "curl " + s.APIURL() + "/v1/programmes"
	if len(s.Tokens) > 0 {
		try = fmt.Sprintf("curl -H 'Authorization: Bearer %s' %s/v1/programmes", s.Tokens[0].Token, s.APIURL())
	}
	line(try)
	fmt.Fprintln(w)
	_ = w.Flush() // to a strings.Builder, which never fails
	return b.String()
}

// withoutPassword shows where the database is; what opens it is in .dev/.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "127.0.0.1"
	}
	return net.JoinHostPort(u.Hostname(), u.Port()) + u.Path + ", password in .dev/postgres/password"
}
