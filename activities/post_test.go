package activities_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"wutong/activities"
	"wutong/activities/mail"
	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// service stands in for SendGrid. It takes a mail, and may hang up before it
// says so: that is what a worker's death after sending looks like from here.
type service struct {
	sync.Mutex
	hangsUp bool
	got     []string // notices, as they came
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct {
		CustomArgs struct{ Notice string } `json:"custom_args"`
	}
	_ = json.NewDecoder(r.Body).Decode(&m)
	s.Lock()
	defer s.Unlock()
	s.got = append(s.got, m.CustomArgs.Notice)
	if s.hangsUp {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("X-Message-Id", "message")
	w.WriteHeader(http.StatusAccepted)
}

func (s *service) received() int {
	s.Lock()
	defer s.Unlock()
	return len(s.got)
}

// office is a station with one mail to send.
type office struct {
	t       *testing.T
	db      *store.DB
	service *service
	post    *activities.Post
	notice  string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, db: storetest.New(t), service: &service{}}
	people := storetest.Sample(t, o.db, "{}")
	c := storetest.Referral(t, o.db, people.Referrer)
	_, err := o.db.Record(t.Context(), station.Change{
		Case: c.ID, Run: "run", Sequence: 1, Event: station.EventAsked, Standing: station.Standing{Stage: station.StageConsent, Status: station.Open},
		Notices: []station.NoticeSpec{{Occasion: "test", Template: station.MailAcceptedReferrer, Party: station.Applicant}},
	})
	require.NoError(t, err)
	require.NoError(t, o.db.GetContext(t.Context(), &o.notice, `SELECT id FROM notices`))
	server := httptest.NewServer(o.service)
	t.Cleanup(server.Close)
	links, err := station.NewLinkSigner(make([]byte, 32))
	require.NoError(t, err)
	o.post = &activities.Post{
		Store: o.db, Links: links, PublicURL: "https://station.example", Doubt: time.Hour, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Sender: mail.NewSender(mail.Config{APIKey: "key", Host: server.URL, From: "station@example.com", Now: time.Now}),
	}
	return o
}

// delivers lets a worker send mails until something is so.
func (o *office) delivers(until func() bool) {
	o.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(slog.New(slog.DiscardHandler))
	env := suite.NewTestActivityEnvironment()
	stop := make(chan struct{})
	env.SetWorkerStopChannel(stop)
	env.RegisterActivity(o.post)
	go func() {
		defer close(stop)
		for end := time.Now().Add(20 * time.Second); !until() && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		}
	}()
	_, err := env.ExecuteActivity(o.post.Deliver)
	require.NoError(o.t, err)
	require.True(o.t, until())
}

func (o *office) status() string {
	var s string
	_ = o.db.GetContext(o.t.Context(), &s, `SELECT status FROM notices`)
	return s
}

func (o *office) is(status string) func() bool { return func() bool { return o.status() == status } }

func TestPost_SendsEachMailOnce(t *testing.T) {
	o := newOffice(t)
	o.delivers(o.is("sent"))
	o.delivers(o.is("sent"))
	require.Equal(t, []string{o.notice}, o.service.got)
}

// The crash window: the mail service has the mail, and nobody noted it.
func TestPost_InTheCrashWindowTheReportKeepsAMailFromGoingTwice(t *testing.T) {
	o := newOffice(t)
	o.service.hangsUp = true
	o.delivers(func() bool { return o.service.received() == 1 })
	require.Equal(t, "sending", o.status())

	o.service.hangsUp, o.post.Doubt = false, time.Nanosecond
	require.NoError(t, o.db.RecordDelivery(t.Context(), store.Delivery{ID: "report", Notice: o.notice, Kind: "delivered", At: time.Now()}))
	o.delivers(o.is("delivered"))
	require.Len(t, o.service.got, 1)
}

func TestPost_InTheCrashWindowAMailWithoutAReportGoesOutAgain(t *testing.T) {
	o := newOffice(t)
	o.service.hangsUp = true
	o.delivers(func() bool { return o.service.received() == 1 })
	o.service.hangsUp = false
	o.delivers(o.is("sending"))
	require.Len(t, o.service.got, 1, "not before the doubt is over")

	o.post.Doubt = time.Nanosecond
	o.delivers(o.is("sent"))
	require.Equal(t, []string{o.notice, o.notice}, o.service.got, "this is the one way a mail can go twice")
}

func TestPost_AWorkerThatDiesBeforeItSendsHasSentNothing(t *testing.T) {
	o := newOffice(t)
	now := time.Now()
	claimed, err := o.db.ClaimNotices(t.Context(), now, now.Add(100*time.Millisecond), 10)
	require.NoError(t, err)
	require.Equal(t, []string{o.notice}, claimed)
	o.post.Now = func() time.Time { return time.Now().Add(time.Minute) }
	o.delivers(o.is("sent"))
	require.Len(t, o.service.got, 1)
}
