package workflows

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

// TestSettlement_BeginsEveryServiceOfTheSampleInEveryOrder goes through every order in
// which the services of the sample catalogue can be done: at each point exactly those
// can begin of which all that they need is done.
func TestSettlement_BeginsEveryServiceOfTheSampleInEveryOrder(t *testing.T) {
	raw, err := os.ReadFile("../deploy/sample/catalogue.json")
	require.NoError(t, err)
	var c station.Catalogue
	require.NoError(t, json.Unmarshal(raw, &c))
	require.GreaterOrEqual(t, len(c.Offers), 8)

	seen := map[string]int{} // in how many orders one can come to what is done
	var orders func(done []string) int
	orders = func(done []string) int {
		key := slices.Clone(done)
		slices.Sort(key)
		if n, known := seen[strings.Join(key, " ")]; known {
			return n
		}
		s := &settling{}
		s.choose(c.Offers)
		var want, got []string
		for _, x := range s.services {
			if slices.Contains(done, x.offer.Code) {
				x.state = station.ServiceDone
			}
		}
		for _, o := range c.Offers {
			if !slices.Contains(done, o.Code) && !slices.ContainsFunc(o.Needs, func(need string) bool { return !slices.Contains(done, need) }) {
				want = append(want, o.Code)
			}
		}
		for _, x := range s.services {
			if x.state == station.ServiceChosen && len(s.missing(x)) == 0 {
				got = append(got, x.offer.Code)
			}
		}
		require.Equal(t, want, got, "after %v", done)
		n := 0
		if len(done) == len(c.Offers) {
			n = 1
		}
		require.True(t, n == 1 || len(want) > 0, "after %v nothing can begin", done)
		for _, code := range want {
			n += orders(append(slices.Clone(done), code))
		}
		seen[strings.Join(key, " ")] = n
		return n
	}
	t.Logf("%d orders, by %d sets of what is done", orders(nil), len(seen))
}
