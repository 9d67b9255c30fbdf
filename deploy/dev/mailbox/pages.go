package mailbox

import (
	"embed"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"when": func(t time.Time) string { return t.Local().Format("2 Jan 15:04:05") },
	"excerpt": func(message *Message) string {
		runes := []rune(strings.Join(strings.Fields(message.Text), " "))
		return string(runes[:min(len(runes), 140)])
	},
}).ParseFS(pageFiles, "pages/*.html.tmpl"))

// onePage is how many messages the list shows; beyond that, searching is quicker than paging.
const onePage = 200

// showList is the list in a browser, newest first.
func (m *Mailbox) showList(w http.ResponseWriter, r *http.Request) {
	q := strings.TrimSpace(r.FormValue("q"))
	found := m.find(func(message *Message) bool {
		return q == "" || strings.Contains(strings.ToLower(message.To+" "+message.ToName), strings.ToLower(q))
	})
	show(w, r, "list", map[string]any{
		"Query": q, "Total": len(found), "Messages": found[:min(len(found), onePage)], "Duplicates": m.duplicates(),
	})
}

// showMessage is one message in a browser.
func (m *Mailbox) showMessage(w http.ResponseWriter, r *http.Request) {
	if message := m.requested(w, r); message != nil {
		show(w, r, "message", message)
	}
}

// showHTML is a message's HTML part alone. A mail's HTML is somebody else's: the sandbox lets it run nothing, load
// nothing and send nothing, even if this address is opened by itself; its links open elsewhere.
func (m *Mailbox) showHTML(w http.ResponseWriter, r *http.Request) {
	message := m.requested(w, r)
	if message == nil {
		return
	}
	w.Header().Set("Content-Security-Policy",
		"sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, linksElsewhere(message.HTML))
}

// linksElsewhere makes the links of a page open in a tab of their own. The tag goes into the head: before the document
// type it would make browsers lay out the page as in the last century.
func linksElsewhere(page string) string {
	const base = `<base target="_blank">`
	if before, after, found := strings.Cut(page, "<head>"); found {
		return before + "<head>" + base + after
	}
	return base + page
}

// requested finds the message of a request, or answers that there is none.
func (m *Mailbox) requested(w http.ResponseWriter, r *http.Request) *Message {
	found := m.find(func(message *Message) bool { return message.ID == r.PathValue("id") })
	if len(found) == 0 {
		http.Error(w, "There is no such message here; perhaps the mailbox was emptied.", http.StatusNotFound)
		return nil
	}
	return found[0]
}

func show(w http.ResponseWriter, r *http.Request, page string, data any) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, page, data); err != nil {
		slog.ErrorContext(r.Context(), "page not shown", "page", page, "error", err)
		http.Error(w, "This page cannot be shown; see the log.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, b.String())
}
