package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// AmbassadorForm is [station.AmbassadorForm] as the document shows it; the rules are
// the station's, and what is said of them here is checked by a test.
type AmbassadorForm struct {
	Nominee     *Nominee `json:"nominee,omitempty" doc:"Who is nominated; without it the application is one's own."`
	Channel     string   `json:"channel" maxLength:"60" doc:"By which way the application comes: a code of /v1/channels." example:"alumni"`
	Institution string   `json:"institution" maxLength:"60" doc:"Whose ambassador they are to be: a code of /v1/institutions." example:"zju"`
	District    string   `json:"district,omitempty" maxLength:"60" doc:"The branch whose ambassador they are to be, one of the programme's city; the programme's own when left out." example:"HZ-XH"`
	Tie         string   `json:"tie" maxLength:"500" doc:"What ties them to the institution." example:"Lecturer at the College of Computer Science since 2021"`
	Statement   string   `json:"statement" maxLength:"5000" doc:"Why, and how they will reach talents." example:"I advise forty doctoral students a year, and three of them founded companies."`
	Documents   []string `json:"documents,omitempty" maxItems:"30" format:"uuid" doc:"IDs of uploaded documents that prove the tie, each once."` // not uniqueItems: huma panics on items that cannot be compared
}

// Nominee is [station.Nominee].
type Nominee struct {
	Name     string           `json:"name" maxLength:"100" example:"沈若兰"`
	Email    string           `json:"email" format:"email" maxLength:"254" doc:"Where they are asked for consent." example:"ruolan.shen@example.com"`
	Language station.Language `json:"language,omitempty" enum:"zh-CN,en" doc:"In which language they are written to; zh-CN when left out." example:"zh-CN"`
}

// startAmbassador is the body that starts an appointment.
type startAmbassador struct {
	Programme string `json:"programme" maxLength:"100" doc:"The code of an open programme of ambassadors." example:"ambassador-2026"`
	AmbassadorForm
}

func (s startAmbassador) programme() string { return s.Programme }

func (s startAmbassador) form() any {
	form := station.AmbassadorForm{
		Channel: s.Channel, Institution: s.Institution, District: s.District, Tie: s.Tie, Statement: s.Statement, Documents: s.Documents,
	}
	if s.Nominee != nil {
		form.Nominee = new(station.Nominee(*s.Nominee))
	}
	return form
}

// Ambassador is an ambassador in office, as the public sees them.
type Ambassador struct {
	Name        string    `json:"name" example:"沈若兰"`
	Institution Named     `json:"institution" doc:"Whose ambassador they are."`
	Branch      string    `json:"branch" doc:"Of the station." example:"HZ"`
	Since       time.Time `json:"since" doc:"In office since then, terms that were renewed included."`
	Until       time.Time `json:"until" doc:"The end of the term."`
}

type ambassadorListInput struct {
	Branch string `query:"branch" pattern:"^[A-Za-z0-9._-]{1,60}$" doc:"Of one branch and its districts." example:"HZ"`
	Paging
}

func (e *edge) registerAmbassadors(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-ambassadors", Method: http.MethodGet, Path: "/v1/ambassadors", Tags: []string{tagPublic}, Summary: "Ambassadors in office",
		Description: "For everybody: the youth talent ambassadors who are in office, by institution. Whose term is over is listed again once it is renewed.",
		Errors:      withCommon([]int{http.StatusUnprocessableEntity}), RejectUnknownQueryParameters: true,
	}, e.listAmbassadors)
	e.registerLetters(api)
	e.registerCoverage(api)
}

func (e *edge) listAmbassadors(ctx context.Context, in *ambassadorListInput) (*answer[List[Ambassador]], error) {
	p, err := e.svc.Ambassadors(ctx, in.Branch, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(p, func(o station.Office) Ambassador {
		return Ambassador{
			Name: o.Name, Institution: Named{Code: o.Institution.Code, Name: o.Institution.Name.In(l)}, Branch: o.Branch,
			Since: o.Since.UTC(), Until: o.Until.UTC(),
		}
	}), nil
}

// OwnLetter is a letter of appointment in its ambassador's case.
type OwnLetter struct {
	Number     string    `json:"number" example:"HZ-LETTER-2026-000012"`
	Code       string    `json:"code" doc:"By which anybody who is given it can verify the letter." example:"7K2QX9M4BTVD"`
	Address    string    `json:"address" doc:"Where that is done." example:"https://wutong.example/v1/letters/7K2QX9M4BTVD"`
	Status     string    `json:"status" doc:"What it is worth now: valid, expired or revoked." example:"valid"`
	StatusText string    `json:"statusText" example:"Valid"`
	IssuedAt   time.Time `json:"issuedAt"`
	Until      time.Time `json:"until" doc:"The end of the term."`
}

func (e *edge) ownLetters(l station.Language, letters []station.IssuedLetter) (list []OwnLetter) {
	for _, a := range letters {
		list = append(list, OwnLetter{
			Number: a.Number, Code: a.Code, Address: e.letterAddress(a.Code), Status: string(a.Standing),
			StatusText: locale.T(l, "letter."+string(a.Standing)), IssuedAt: a.IssuedAt.UTC(), Until: a.Until.UTC(),
		})
	}
	return list
}

// letterAddress is where anybody can verify a letter.
func (e *edge) letterAddress(code string) string {
	return strings.TrimSuffix(e.PublicURL, "/") + "/v1/letters/" + code
}

// OfficeRecord is what an ambassador has done from one renewal to the next.
type OfficeRecord struct {
	Made     int       `json:"made" doc:"Referrals that name them." example:"9"`
	Accepted int       `json:"accepted" doc:"Of these, accepted into the reserve." example:"4"`
	Since    time.Time `json:"since" doc:"Counted is what came from then until the renewal was due: from the beginning of the office, or from when the renewal before was due."`
}

func officeRecordOf(r *station.InOffice) *OfficeRecord {
	if r == nil {
		return nil
	}
	return &OfficeRecord{Made: r.Made, Accepted: r.Accepted, Since: r.Since.UTC()}
}
