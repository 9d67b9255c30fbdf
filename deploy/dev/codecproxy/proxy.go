package codecproxy

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
)

// bodyLimit bounds a request's body: a page of a workflow's history with its payloads is far smaller.
const bodyLimit = 16 << 20

// Config says where payloads go and who may send them.
type Config struct {
	// API is the product's address, such as http://127.0.0.1:8080; payloads go to its /codec/encode and /codec/decode.
	API *url.URL
	// Origins are the UI's origins as a browser names them.
	Origins []string
	// Token returns an operator's token, or nothing while there is none.
	Token func() string
}

// New returns the handler of POST /encode and POST /decode.
func New(cfg Config) http.Handler {
	codec := &url.URL{Scheme: cfg.API.Scheme, Host: cfg.API.Host, Path: "/codec"}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(codec)
			r.Out.Header.Del("Origin") // the API is asked by us, not by a page
			r.Out.Header.Del("Cookie")
			r.Out.Header.Set("Authorization", "Bearer "+cfg.Token())
		},
		ModifyResponse: func(r *http.Response) error {
			for name := range r.Header {
				if isCORS(name) {
					r.Header.Del(name)
				}
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "the API does not answer", http.StatusBadGateway)
		},
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/encode", "/decode"} {
		mux.HandleFunc("OPTIONS "+path, preflight)
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			if cfg.Token() == "" {
				http.Error(w, "the API is still starting", http.StatusServiceUnavailable)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
			forward.ServeHTTP(w, r)
		})
	}
	return guard(cfg.Origins, mux)
}

// guard refuses pages other than the UI's. Programs such as the temporal command send no origin; a page always does
// when it posts.
func guard(origins []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		w.Header().Add("Vary", "Origin")
		switch {
		case slices.Contains(origins, origin):
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		case origin != "":
			http.Error(w, "only the Temporal UI may ask", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// preflight answers a browser that asks whether the UI may send what it sends. The UI adds headers of its own now and
// then; which ones does not matter here.
func preflight(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	w.WriteHeader(http.StatusNoContent)
}

func isCORS(header string) bool { return strings.HasPrefix(header, "Access-Control-") }
