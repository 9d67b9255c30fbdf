package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"wutong/activities/mail"
	"wutong/station"
	"wutong/station/locale"
	"wutong/store"
)

// Post sends the mails that the cases queued.
type Post struct {
	Store     *store.DB
	Sender    *mail.Sender
	Links     *station.LinkSigner
	PublicURL string         // where a mailed link leads, without a slash at the end
	Verifier  *mail.Verifier // nil: the event webhook is not set up
	// Doubt is how long a mail may be "being sent" before it is sent again; the
	// mail service's report that it has it comes sooner, if it has it.
	Doubt time.Duration
	Log   *slog.Logger
	Now   func() time.Time
}

const (
	postBatch  = 20              // mails that one round sends side by side
	postRounds = time.Minute     // how long one activity goes on
	postIdle   = 5 * time.Second // how long it waits for news before it looks again
	// postClaim is for how long a round has its mails for itself: longer than the
	// mail service's slowest answer.
	postClaim = 45 * time.Second
	// lastAttempt is after how many attempts a mail is given up.
	lastAttempt = 20
)

// Deliver sends queued mails for about a minute, and returns how many it sent.
// It may run any number of times side by side: each mail is claimed by one.
func (p *Post) Deliver(ctx context.Context) (int, error) {
	sent := 0
	end := p.Now().Add(postRounds)
	defer heartbeat(ctx)()
	for p.Now().Before(end) && !stopping(ctx) {
		now := p.Now()
		until := now.Add(postClaim)
		if _, err := p.Store.NoticesInDoubt(ctx, now.Add(-p.Doubt), now); err != nil {
			return sent, err
		}
		claimed, err := p.Store.ClaimNotices(ctx, now, until, postBatch)
		if err != nil {
			return sent, err
		}
		if len(claimed) == 0 {
			p.idle(ctx)
			continue
		}
		var group sync.WaitGroup
		for _, id := range claimed {
			group.Go(func() { p.send(context.WithoutCancel(ctx), id, until) })
		}
		group.Wait()
		sent += len(claimed)
	}
	return sent, nil
}

// heartbeat says every few seconds that the activity lives, until stopped.
func heartbeat(ctx context.Context) (stop func()) {
	beat := time.NewTicker(3 * time.Second)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-beat.C:
				activity.RecordHeartbeat(ctx)
			case <-done:
				return
			}
		}
	}()
	return func() { beat.Stop(); close(done) }
}

func (p *Post) idle(ctx context.Context) {
	wait, stop := context.WithTimeout(ctx, postIdle)
	defer stop()
	go func() {
		select {
		case <-activity.GetWorkerStopChannel(ctx):
			stop()
		case <-wait.Done():
		}
	}()
	p.Store.AwaitNotices(wait)
}

// stopping reports whether the worker is being stopped: what is under way is
// finished, nothing new is begun.
func stopping(ctx context.Context) bool {
	select {
	case <-activity.GetWorkerStopChannel(ctx):
		return true
	default:
		return ctx.Err() != nil
	}
}

// send sends one claimed mail, if it has a reader.
func (p *Post) send(ctx context.Context, id string, until time.Time) {
	l, err := p.Store.Letter(ctx, id)
	if err == nil && l.To == "" {
		err = p.Store.NoticeDropped(ctx, id)
	} else if err == nil {
		err = p.deliver(ctx, l, until)
	}
	if err != nil {
		p.Log.ErrorContext(ctx, "what became of a mail was not noted", "notice", id, "error", err)
	}
}

// deliver gives a mail to the mail service and notes what became of it. What
// cannot be noted stays "being sent", and is in doubt.
func (p *Post) deliver(ctx context.Context, l station.Letter, until time.Time) error {
	ours, err := p.Store.NoticeSending(ctx, l.Notice, until, p.Now())
	if err != nil || !ours {
		return err
	}
	m, err := p.message(l)
	var id string
	if err == nil {
		id, err = p.Sender.Send(ctx, m)
	}
	var failed *mail.SendError
	switch {
	case err == nil:
		return p.Store.NoticeSent(ctx, l.Notice, id, p.Now())
	case !errors.As(err, &failed):
		p.Log.ErrorContext(ctx, "mail not composed", "notice", l.Notice, "template", l.Template, "error", err)
		return p.Store.NoticeFailed(ctx, l.Notice, "not_composed", p.Now())
	case failed.Class == mail.Unknown:
		return nil // in doubt: the service may have it
	case failed.Class == mail.Rejected || l.Attempts >= lastAttempt:
		return p.Store.NoticeFailed(ctx, l.Notice, string(failed.Class), p.Now())
	default:
		return p.Store.NoticeLater(ctx, l.Notice, string(failed.Class), p.Now().Add(retryIn(failed, l.Attempts)))
	}
}

// retryIn is the time the service named, or else longer each time: 2 s to 15
// min; an account that may not send needs a person, so it is slow.
func retryIn(e *mail.SendError, attempts int) time.Duration {
	switch {
	case e.RetryAfter > 0:
		return e.RetryAfter
	case e.Class == mail.Forbidden:
		return 15 * time.Minute
	default:
		return min(15*time.Minute, time.Second<<min(attempts, 10))
	}
}

// message writes a letter in its reader's language.
func (p *Post) message(l station.Letter) (mail.Message, error) {
	m := mail.Message{
		Notice: l.Notice, Template: string(templateOf(l)), Language: string(l.Language), To: l.To, ToName: l.ToName,
		Data: mail.Data{
			Recipient: l.ToName, Talent: l.Talent, Referrer: l.Referrer, Programme: l.Programme.Name.In(l.Language),
			Number: l.Case.Number, Stage: locale.T(l.Language, "stage."+string(l.Case.Stage)),
			Question: l.Words.Question, Reason: l.Words.Reason, Grade: l.Grade,
		},
	}
	if m.Data.Reason == "" && l.Reason != "" {
		m.Data.Reason = locale.T(l.Language, "reason."+string(l.Reason))
	}
	if l.Task != nil {
		m.Data.TaskTitle = locale.T(l.Language, "task."+string(l.Task.Kind))
		m.Data.Shared = l.Task.Assignee == "" && l.Task.Party == ""
	}
	if l.Due != nil {
		m.Data.Due = locale.Date(l.Language, *l.Due)
	}
	if l.Amount.Fen != 0 {
		m.Data.Amount = locale.Money(l.Language, l.Amount)
	}
	if l.Link != "" {
		m.Data.Link = p.PublicURL + "/v1/links/" + p.Links.Token(l.Link)
	}
	ofTheHub(&m.Data, l)
	p.ofTheOffice(&m.Data, l)
	ofTheSettlement(&m.Data, l)
	switch l.Template {
	case station.MailAccepted:
		return m, offer(&m.Data, l)
	case station.MailGrantIneligible:
		return m, unmet(&m.Data, l)
	case station.MailDefenceCalled:
		return m, call(&m.Data, l)
	default:
		return m, nil
	}
}

// offer says what the station can offer to a talent.
func offer(d *mail.Data, l station.Letter) error {
	terms, err := station.ReadReferralTerms(l.Programme.Terms)
	if err != nil {
		return err
	}
	for _, o := range terms.Offers {
		d.Offers = append(d.Offers, o.In(l.Language))
	}
	return nil
}

// unmet says which rules of eligibility an application breaks, a line for each.
func unmet(d *mail.Data, l station.Letter) error {
	terms, err := station.ReadGrantTerms(l.Programme.Terms)
	if err != nil {
		return err
	}
	var lines []string
	for _, r := range terms.Rules {
		if slices.Contains(l.Unmet, r.Code) {
			lines = append(lines, r.Says.In(l.Language))
		}
	}
	if len(lines) > 0 {
		d.Reason = strings.Join(lines, "\n")
	}
	return nil
}

// call says when and where a team is heard.
func call(d *mail.Data, l station.Letter) error {
	at, err := time.Parse(time.RFC3339, l.Words.At)
	if err != nil {
		return fmt.Errorf("read when the defence is: %w", err)
	}
	d.When, d.Place = locale.Moment(l.Language, at), l.Words.Place
	return nil
}

// Receive takes the mail service's reports of what became of mails.
func (p *Post) Receive(ctx context.Context, header http.Header, body []byte) error {
	if p.Verifier == nil {
		return station.Errorf(station.NotFound, "no event webhook is set up")
	}
	signature, stamp := header.Get("X-Twilio-Email-Event-Webhook-Signature"), header.Get("X-Twilio-Email-Event-Webhook-Timestamp")
	if err := p.Verifier.Verify(signature, stamp, body, p.Now()); err != nil {
		return station.Refuse(station.Forbidden, "signature_invalid", "webhook: %v", err)
	}
	events, err := mail.ParseEvents(body)
	if err != nil {
		return station.Errorf(station.Invalid, "webhook: %v", err)
	}
	for _, e := range events {
		d := store.Delivery{ID: e.ID, Notice: e.Notice, Kind: string(e.Kind), At: e.At}
		if err := p.Store.RecordDelivery(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
