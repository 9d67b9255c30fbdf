package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"wutong/station"
)

// mountDocs serves /openapi.json and /docs. Both are made once, now: the
// routes do not change while the process runs.
func mountDocs(g *gin.Engine, e *edge, api huma.API) {
	spec, err := json.Marshal(api.OpenAPI())
	if err != nil { // it is made of our own types
		panic("write the OpenAPI document: " + err.Error())
	}
	ui := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Wutong", SwaggerJSON: "/openapi.json", BasePath: "/docs",
		SettingsUI: map[string]string{"persistAuthorization": "false", "tryItOutEnabled": "true"},
	})
	page := render(ui, "/docs")
	policy := docsPolicy(page)
	assets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:src|href)="/docs/([^"]+)"`).FindAllSubmatch(page, -1) {
		assets[string(m[1])] = true
	}

	g.GET("/openapi.json", e.anonymous, cached(spec), func(c *gin.Context) {
		c.Data(http.StatusOK, "application/vnd.oai.openapi+json;version=3.1", spec)
	})
	index := func(c *gin.Context) {
		c.Header("Content-Security-Policy", policy)
		c.Data(http.StatusOK, "text/html; charset=utf-8", page)
	}
	g.GET("/docs", e.anonymous, cached(page), index)
	g.GET("/docs/", e.anonymous, cached(page), index)
	g.GET("/docs/:asset", e.anonymous, func(c *gin.Context) {
		if !assets[c.Param("asset")] {
			e.fail(c, station.Errorf(station.NotFound, "no such file of the documentation"))
			return
		}
		c.Header("Cache-Control", "public, max-age=86400")
		ui.ServeHTTP(c.Writer, c.Request)
	})
}

// anonymous counts a request outside huma's routes by its address.
func (e *edge) anonymous(c *gin.Context) {
	if err := e.addresses.spend(address(c), e.Now()); err != nil {
		e.fail(c, err)
	}
}

// cached lets a client that has the content already keep it.
func cached(content []byte) gin.HandlerFunc {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return func(c *gin.Context) {
		c.Header("ETag", tag)
		c.Header("Cache-Control", "no-cache")
		if strings.Contains(c.GetHeader("If-None-Match"), tag) {
			c.AbortWithStatus(http.StatusNotModified)
		}
	}
}

// docsPolicy allows a page its own files and the very scripts that stand in it.
// Swagger UI sets style attributes, which only 'unsafe-inline' allows.
func docsPolicy(page []byte) string {
	scripts := []string{"'self'"}
	for _, m := range regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(m[1])
		scripts = append(scripts, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return "default-src 'none'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src " +
		strings.Join(scripts, " ") + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// render runs a handler for its page.
func render(h http.Handler, path string) []byte {
	p := &recorded{header: http.Header{}}
	h.ServeHTTP(p, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}})
	return p.Bytes()
}

// recorded is an answer that goes nowhere.
type recorded struct {
	bytes.Buffer
	header http.Header
}

func (p *recorded) Header() http.Header { return p.header }
func (p *recorded) WriteHeader(int)     {}
