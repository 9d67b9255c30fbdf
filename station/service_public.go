package station

import (
	"context"
	"net/mail"
	"time"

	"github.com/google/uuid"
)

// PublicNotice is an award that the public can see, without anybody's data.
type PublicNotice struct {
	Case    string
	Number  string
	Branch  string
	Project string
	Company string
	Award   Money
	Since   time.Time
	Until   *time.Time // nil while the clock stands still
}

// PublicNotices lists the awards that are on public notice, the earliest to end
// first. It is for everybody.
func (s *Service) PublicNotices(ctx context.Context, limit int, cursor string) (Page[PublicNotice], error) {
	return s.store.PublicNoticeList(ctx, limit, cursor)
}

// Object takes somebody's objection to an award that is on public notice. Name
// and address are for the station alone, and for telling the outcome.
func (s *Service) Object(ctx context.Context, caseID, key string, b Body) (Act, error) {
	b = Body{Name: b.Name, Email: b.Email, Reason: b.Reason, Language: b.Language}
	if b.Language == "" {
		b.Language = Chinese
	}
	var f fields
	f.words(b.Name, "name", 1, 100)
	f.words(b.Reason, "reason", 1, 5000)
	addr, err := mail.ParseAddress(b.Email)
	f.add(err != nil || addr.Address != b.Email || len(b.Email) > 254, "email", "email")
	if err := f.err(); err != nil {
		return Act{}, err
	}
	unseen := Refuse(NotFound, "not_on_show", "case %s is not on public notice", caseID)
	if uuid.Validate(caseID) != nil {
		return Act{}, unseen
	}
	task, err := s.store.NoticeOnShow(ctx, caseID)
	if CodeOf(err) == NotFound {
		return Act{}, unseen
	} else if err != nil {
		return Act{}, err
	}
	// the same objection sent twice is one; two people may have the same key
	id := actID("public "+caseID+" "+b.Email, key)
	if key == "" {
		id = actID("public "+caseID, hashOf(b.Name, b.Email, b.Reason))
	}
	return s.act(ctx, Act{ID: id, Case: caseID, Task: task, Kind: Object, Actor: string(Public), Body: b})
}
