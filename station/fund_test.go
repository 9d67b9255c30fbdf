package station_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestSample_HasFundsOfItsBranches(t *testing.T) {
	var funds []station.Fund
	readStrictly(t, "funds.json", &funds)
	require.NotEmpty(t, funds)
	branches := map[string]bool{}
	for _, b := range readSample(t).branches {
		branches[b.Code] = true
	}
	for _, f := range funds {
		require.NoError(t, f.Check(), f.Code)
		assert.True(t, branches[f.Branch], f.Branch)
		assert.NotEmpty(t, f.Budgets)
	}
}

func TestFund_SaysWhatIsWrongWithIt(t *testing.T) {
	err := station.Fund{Currency: "RMB yuan", Budgets: []station.FundBudget{{Year: 26, Fen: -1}}}.Check()
	var e *station.Error
	require.ErrorAs(t, err, &e)
	var paths []string
	for _, f := range e.Fields {
		paths = append(paths, f.Path)
	}
	assert.ElementsMatch(t, []string{"code", "branch", "name", "currency", "budgets/year", "budgets/fen"}, paths)
}
