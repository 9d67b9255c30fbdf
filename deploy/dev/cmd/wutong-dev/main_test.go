package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/deploy/dev"
)

func TestOptionsFromEnvironment_ReadsPorts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		change      func(*dev.Ports)
		complaint   string
	}{
		{name: "NOTHING"},
		{name: "WUTONG_ADDR", value: "127.0.0.1:9080", change: func(p *dev.Ports) { p.API = 9080 }},
		{name: "WUTONG_ADDR", value: ":9080", change: func(p *dev.Ports) { p.API = 9080 }},
		{name: "TEMPORAL_ADDRESS", value: "localhost:7333", change: func(p *dev.Ports) { p.Temporal = 7333 }},
		{name: "WUTONG_POSTGRES_PORT", value: "6000", change: func(p *dev.Ports) { p.Postgres = 6000 }},
		{name: "TEMPORAL_ADDRESS", value: "ns.example.com:7233", complaint: "runs on this machine only"},
		{name: "WUTONG_ADDR", value: "9080", complaint: "set it to 127.0.0.1:PORT"},
		{name: "WUTONG_UI_PORT", value: "eight", complaint: "set it to a port between 1 and 65535"},
	} {
		o, err := optionsFromEnvironment(func(name string) string {
			if name == c.name {
				return c.value
			}
			return ""
		})
		if c.complaint != "" {
			require.ErrorContains(t, err, c.complaint)
			continue
		}
		require.NoError(t, err)
		want := dev.DefaultPorts
		if c.change != nil {
			c.change(&want)
		}
		require.Equal(t, want, o.Ports, "%s=%s", c.name, c.value)
	}
}

func TestTokens_AreFoundByRoleAndByBranchProviderOrAccount(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "tokens.json"), []byte(`[
		{"role": "officer", "branch": "HZ", "token": "wt_a"}, {"role": "provider", "branch": "HZ", "provider": "hz-police", "token": "wt_b"},
		{"role": "provider", "branch": "HZ", "provider": "hz-market", "token": "wt_c"}, {"role": "provider", "branch": "HZ-BJ", "provider": "chaoan", "account": "1f", "token": "wt_d"}]`), 0o600))
	for of, want := range map[string]string{"": "wt_b\nwt_c\nwt_d\n", "HZ": "wt_b\nwt_c\n", "HZ-BJ": "wt_d\n", "hz-market": "wt_c\n", "1f": "wt_d\n"} {
		var out strings.Builder
		require.NoError(t, tokens(&out, "provider", of))
		require.Equal(t, want, out.String(), of)
	}
	require.ErrorContains(t, tokens(io.Discard, "officer", "hz-market"), `no sample account is a "officer hz-market": say one of officer, provider`)
}
