package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// AngelForm is [station.AngelForm] as the document shows it; the rules are the
// station's, and what is said of them here is checked by a test.
type AngelForm struct {
	Invitee     *AngelInvitee     `json:"invitee,omitempty" doc:"Who is invited. Officers only; without it the application is one's own."`
	Statement   string            `json:"statement" maxLength:"5000" doc:"Why, and what one brings." example:"I founded two robotics companies and want to fund the third one's founders."`
	Fields      []string          `json:"fields" minItems:"1" maxItems:"20" doc:"In which fields one invests." example:"[\"embodied intelligence\"]"`
	Investments []AngelInvestment `json:"investments,omitempty" maxItems:"50" doc:"Investments made; one's own application needs at least one."`
	Documents   []string          `json:"documents,omitempty" maxItems:"30" format:"uuid" doc:"IDs of uploaded documents that prove them, each once; one's own application needs at least one."` // not uniqueItems: huma panics on items that cannot be compared
	Vouchers    []string          `json:"vouchers,omitempty" maxItems:"5" format:"email" doc:"Addresses of admitted angels who will vouch, each once." example:"[\"angel@example.com\"]"`
	Interests   []Interest        `json:"interests,omitempty" maxItems:"200" doc:"Companies, institutions and people in which one has a stake: no project that touches them is one's own to judge. Not in an invitation."`
	Public      bool              `json:"public,omitempty" doc:"Whether the public list may show name and fields. Not in an invitation." example:"true"`
}

// AngelInvitee is [station.AngelInvitee].
type AngelInvitee struct {
	Name     string           `json:"name" maxLength:"100" example:"周启明"`
	Email    string           `json:"email" format:"email" maxLength:"254" doc:"Where they are asked." example:"qiming.zhou@example.com"`
	Language station.Language `json:"language,omitempty" enum:"zh-CN,en" doc:"In which language they are written to; zh-CN when left out." example:"zh-CN"`
}

// AngelInvestment is [station.Investment].
type AngelInvestment struct {
	Company string `json:"company" maxLength:"200" example:"杭州灵手科技有限公司"`
	Year    int    `json:"year" minimum:"1990" maximum:"2200" example:"2023"`
	Fen     int64  `json:"fen" minimum:"1" maximum:"10000000000000" example:"50000000"`
}

// Interest is [station.Interest].
type Interest struct {
	Kind string `json:"kind" enum:"company,institution,person" example:"company"`
	Name string `json:"name" maxLength:"200" doc:"A name; of a company also its unified social credit code, of an institution its code." example:"杭州触感机器人有限公司"`
}

// startAngel is the body that starts an admission.
type startAngel struct {
	Programme string `json:"programme" maxLength:"100" doc:"The code of an open programme of admission." example:"angels-2026"`
	AngelForm
}

func (s startAngel) programme() string { return s.Programme }

func (s startAngel) form() any {
	form := station.AngelForm{
		Statement: s.Statement, Fields: s.Fields, Documents: s.Documents, Vouchers: s.Vouchers, Interests: interestsOf(s.Interests), Public: s.Public,
	}
	if s.Invitee != nil {
		form.Invitee = new(station.AngelInvitee(*s.Invitee))
	}
	for _, v := range s.Investments {
		form.Investments = append(form.Investments, station.Investment(v))
	}
	return form
}

// interestsOf keeps apart a list of none, which takes back what was declared, and
// no list.
func interestsOf(list []Interest) []station.Interest {
	if list == nil {
		return nil
	}
	out := make([]station.Interest, len(list))
	for i, n := range list {
		out[i] = station.Interest{Kind: station.InterestKind(n.Kind), Name: n.Name}
	}
	return out
}

// Angel is a member of the angel hub as the public sees them.
type Angel struct {
	Name   string    `json:"name" example:"周启明"`
	Fields []string  `json:"fields" doc:"In which they invest."`
	Branch string    `json:"branch" doc:"Of whose hub." example:"HZ"`
	Since  time.Time `json:"since"`
}

// Member is a member of the angel hub as the house sees them.
type Member struct {
	Account    string     `json:"account"`
	Case       string     `json:"case,omitempty" doc:"By which they were admitted; absent for a founding member."`
	Name       string     `json:"name" example:"周启明"`
	Fields     []string   `json:"fields" doc:"In which they invest."`
	Branch     string     `json:"branch" doc:"Of whose hub." example:"HZ"`
	Status     string     `json:"status" example:"active"`
	StatusText string     `json:"statusText" example:"Active"`
	Public     bool       `json:"public" doc:"Whether the public list shows name and fields."`
	Since      time.Time  `json:"since"`
	Until      *time.Time `json:"until,omitempty" doc:"The end of the term."`
}

func memberOf(l station.Language, m station.Member) Member {
	return Member{
		Account: m.Account, Case: m.Case, Name: m.Name, Fields: append([]string{}, m.Fields...), Branch: m.Branch,
		Status: string(m.Status), StatusText: locale.T(l, "member."+string(m.Status)), Public: m.Public, Since: m.Since.UTC(), Until: utc(m.Until),
	}
}

type angelListInput struct {
	Branch string `query:"branch" pattern:"^[A-Za-z0-9._-]{1,60}$" doc:"Of one branch's hub." example:"HZ"`
	Paging
}

func (e *edge) registerAngels(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-angels", Method: http.MethodGet, Path: "/v1/angels", Tags: []string{tagPublic}, Summary: "Members of the angel hub",
		Description: "For everybody: the members who consented to be on it, with the fields in which they invest.",
		Errors:      withCommon([]int{http.StatusUnprocessableEntity}), RejectUnknownQueryParameters: true,
	}, e.listAngels)
	huma.Register(api, read("list-members", "/v1/members", tagHub, "Members of the angel hub, for the house",
		"All members of the hub of the reader's branch, suspended ones too. For officers and directors.", http.StatusForbidden), e.listMembers)
}

func (e *edge) listMembers(ctx context.Context, in *struct{ Paging }) (*answer[List[Member]], error) {
	p, err := e.svc.HubMembers(ctx, actorOf(ctx), in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(p, func(m station.Member) Member { return memberOf(l, m) }), nil
}

func (e *edge) listAngels(ctx context.Context, in *angelListInput) (*answer[List[Angel]], error) {
	p, err := e.svc.Members(ctx, station.MemberQuery{Branch: in.Branch, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return page(p, func(m station.Member) Angel {
		return Angel{Name: m.Name, Fields: append([]string{}, m.Fields...), Branch: m.Branch, Since: m.Since.UTC()}
	}), nil
}
