package mail

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"
	"github.com/sendgrid/sendgrid-go"
	"github.com/sendgrid/sendgrid-go/helpers/mail"
)

// Config says as whom and through which server a Sender sends.
type Config struct {
	APIKey   string
	Host     string // such as http://127.0.0.1:8025; empty means SendGrid's
	From     string // the sender's address, verified at SendGrid
	FromName string
	ReplyTo  string           // where answers go; empty means From
	HTTP     *http.Client     // empty means one of the package's own, with timeouts
	Now      func() time.Time // required
}

// Sender sends mails; it is safe for concurrent use.
type Sender struct {
	config Config
	client *http.Client
}

// NewSender returns a Sender. It panics if the configuration has no clock, which is a mistake in the wiring.
func NewSender(config Config) *Sender {
	if config.Now == nil {
		panic("mail: Config.Now is nil")
	}
	// A secret read from a file ends with a line end more often than not.
	config.APIKey = strings.TrimSpace(config.APIKey)
	config.Host = strings.TrimRight(strings.TrimSpace(config.Host), "/")
	client := http.Client{Timeout: 30 * time.Second, Transport: newTransport()}
	if config.HTTP != nil {
		client = *config.HTTP
	}
	// A redirect would carry the mail somewhere nobody configured.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Sender{config: config, client: &client}
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 20 * time.Second,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   32,
		ForceAttemptHTTP2:     true,
	}
}

// Send renders the message and hands it to SendGrid, once. It returns SendGrid's ID of the message. Every error is a
// *SendError.
func (s *Sender) Send(ctx context.Context, m Message) (messageID string, err error) {
	if !plausible(m.To) {
		return "", &SendError{Class: Rejected, Code: "recipient"}
	}
	rendered, err := Render(m)
	if err != nil {
		return "", &SendError{Class: Rejected, Code: "template", cause: err}
	}
	return s.post(ctx, mail.GetRequestBody(s.compose(m, rendered)))
}

// plausible holds back what can be no address at all. Everything else SendGrid judges better.
func plausible(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	return ok && local != "" && domain != "" && oneLine(address) == address && !strings.ContainsAny(address, " ,;<>")
}

// compose builds the request's body.
func (s *Sender) compose(m Message, rendered Rendered) *mail.SGMailV3 {
	v3 := mail.NewV3MailInit(
		mail.NewEmail(s.config.FromName, s.config.From),
		rendered.Subject,
		mail.NewEmail(displayName(m.ToName), m.To),
		// SendGrid insists on text before HTML.
		mail.NewContent("text/plain", rendered.Text),
		mail.NewContent("text/html", rendered.HTML),
	)
	if s.config.ReplyTo != "" {
		v3.SetReplyTo(mail.NewEmail(s.config.FromName, s.config.ReplyTo))
	}
	// SendGrid keeps custom arguments and categories for ever and shows them to its staff: opaque IDs only.
	v3.SetCustomArg("notice", m.Notice)
	v3.AddCategories(m.Template)
	// Asks vacation responders not to answer (RFC 3834).
	v3.SetHeader("Auto-Submitted", "auto-generated")
	// Tracking would rewrite the links that only the recipient may hold, and would watch people read their mail.
	v3.SetTrackingSettings(mail.NewTrackingSettings().
		SetClickTracking(mail.NewClickTrackingSetting().SetEnable(false).SetEnableText(false)).
		SetOpenTracking(mail.NewOpenTrackingSetting().SetEnable(false)).
		SetSubscriptionTracking(mail.NewSubscriptionTrackingSetting().SetEnable(false)).
		SetGoogleAnalytics(mail.NewGaSetting().SetEnable(false)))
	return v3
}

// displayName drops what some servers take for the start of another address.
func displayName(name string) string {
	return cut(oneLine(strings.NewReplacer(",", " ", ";", " ", "<", " ", ">", " ").Replace(name)), maxName)
}

// post makes the one attempt. sendgrid.Client is not used: it keeps the body in itself, so that two sends at once mix,
// and its HTTP client waits for ever.
func (s *Sender) post(ctx context.Context, body []byte) (string, error) {
	request := sendgrid.GetRequest(s.config.APIKey, "/v3/mail/send", s.config.Host)
	request.Method = rest.Post
	request.Body = body
	req, err := rest.BuildRequestObject(request)
	if err != nil {
		return "", &SendError{Class: Rejected, Code: "host"}
	}
	var sent progress
	response, err := s.client.Do(req.WithContext(httptrace.WithClientTrace(ctx, sent.trace())))
	if err != nil {
		return "", broken(ctx, err, sent.maybeComplete())
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return response.Header.Get("X-Message-Id"), nil
	}
	return "", refused(response, s.config.Now())
}

// progress follows how much of a request left this machine.
type progress struct{ began, cut atomic.Bool }

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		WroteHeaders: func() { p.began.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) { p.cut.Store(info.Err != nil) },
	}
}

// maybeComplete reports whether the server may have received all of the request. Only a write that failed proves that
// it has not; that nobody confirmed the last write yet proves nothing.
func (p *progress) maybeComplete() bool { return p.began.Load() && !p.cut.Load() }
