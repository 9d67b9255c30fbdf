package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestLinkPage_SaysThatALinkIsNotOurs(t *testing.T) {
	h := open(t)
	for _, language := range []string{"en", "zh-CN"} {
		w := h.send(http.MethodGet, "/v1/links/canary-token", "", station.Account{}, "Accept", "text/html", "Accept-Language", language)
		require.Equal(t, http.StatusNotFound, w.Code)
		assert.True(t, strings.HasPrefix(w.Header().Get("Content-Type"), "text/html"))
		assert.Contains(t, w.Body.String(), `lang="`+language+`"`)
	}
	assert.NotContains(t, h.log.String(), "canary-token")
}
