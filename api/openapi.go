package api

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// The chapters of the documentation.
const (
	tagCases      = "Cases"
	tagTasks      = "Tasks"
	tagDocuments  = "Documents"
	tagProgrammes = "Programmes"
	tagReserve    = "Talent reserve"
	tagFunds      = "Funds"
	tagHub        = "Angel hub"
	tagSettlement = "Settlement"
	tagOffices    = "Ambassadors"
	tagLinks      = "Mailed links"
	tagPublic     = "For the public"
	tagOperation  = "Operation"
)

const about = `The HTTP interface of the youth talent station.

**Who asks** is said by ` + "`Authorization: Bearer TOKEN`" + `. What someone may not see is 404, what they may not do 403.

**Acts** (deciding, answering, withdrawing …) are answered with a receipt: 200 when the case has recorded the act, 409 with the reason
when the case refused it, and 202 with the receipt's address when it is not settled yet. An act that was answered 200 or 202 is never
lost. Send an ` + "`Idempotency-Key`" + ` and a request can be repeated without being done twice.

**Errors** are RFC 9457 problem documents: ` + "`code`" + ` is for programs and stable, ` + "`title`" + ` and ` + "`detail`" + ` are in the reader's language
(the account's, else ` + "`Accept-Language`" + `), ` + "`reference`" + ` is what to quote when asking for help.

**Times** are RFC 3339 in UTC. **Lists** are ` + "`{items, next}`" + `: ` + "`next`" + ` is the ` + "`cursor`" + ` of the next page, empty at the end.
**Bodies** are JSON in UTF-8, at most 1 MiB; a document is uploaded as multipart/form-data.`

// config is what huma makes the document of. Its own pages for the document,
// its schemas and its documentation are off: they load scripts from afar.
func (e *edge) config() huma.Config {
	c := huma.DefaultConfig("Wutong", e.Version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Info.Description = about
	c.Tags = []*huma.Tag{
		{Name: tagProgrammes, Description: "What is open, what its form asks for, and by whom one can be referred."},
		{Name: tagCases, Description: "Starting a case, following it, ending or appealing it."},
		{Name: tagTasks, Description: "What is waiting for me, and doing it."},
		{Name: tagDocuments, Description: "Files that cases need: uploaded once, used in any of one's own cases."},
		{Name: tagReserve, Description: "The talents that the station has taken in."},
		{Name: tagFunds, Description: "What may be spent, what is claimed and paid, and the ledger of it."},
		{Name: tagHub, Description: "Pitch rounds: their timetable, their projects, what angels declare of them, and the report."},
		{Name: tagSettlement, Description: "Settling through one door: the services, the papers that they need, how a settlement stands, and what providers did."},
		{Name: tagOffices, Description: "Which institutions the youth talent ambassadors cover. An ambassador resigns, or moves to another institution, on the task of kind office; a director revokes the office on the one of kind oversight."},
		{Name: tagLinks, Description: "For people without an account: one link, one thing to do, once."},
		{Name: tagPublic, Description: "For everybody, without a token: awards on public notice, and objecting to them; who is in the angel hub, and who is an ambassador; what a letter of appointment is worth; the services that a settlement can bring."},
		{Name: tagOperation, Description: "Probes, metrics and what machines send."},
	}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearerScheme: {Type: "http", Scheme: "bearer", Description: "A token of `wutong token create`."},
	}
	return c
}

// read describes an operation that looks; it needs a token.
func read(id, path, tag, summary, description string, problems ...int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tag}, Summary: summary, Description: description,
		Security: byToken, RejectUnknownQueryParameters: true,
		Errors: withCommon(problems, http.StatusUnauthorized),
	}
}

// act describes an operation that does something, and answers with a receipt.
func act(id, path, tag, summary, description string) huma.Operation {
	op := read(id, path, tag, summary, description, http.StatusForbidden, http.StatusNotFound, http.StatusConflict)
	op.Method = http.MethodPost
	op.Responses = map[string]*huma.Response{"202": {
		Description: "Taken in, and not settled yet; the receipt is at Location.",
		Headers:     map[string]*huma.Param{"Location": {Schema: &huma.Schema{Type: huma.TypeString}}},
		Content: map[string]*huma.MediaType{"application/json": {
			Schema: &huma.Schema{Ref: "#/components/schemas/Receipt"},
		}},
	}}
	return op
}

// withBody adds what every body can get wrong. The body itself is read before
// huma sees it, so huma's own limits are off.
func withBody(op huma.Operation) huma.Operation {
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1
	op.Errors = append(slices.Clone(op.Errors), http.StatusBadRequest, http.StatusRequestTimeout,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	return op
}

// withCommon adds the problems that any operation can have.
func withCommon(problems []int, more ...int) []int {
	problems = append(slices.Clone(problems), more...)
	return append(problems, http.StatusTooManyRequests, http.StatusServiceUnavailable)
}

// Keyed is a request that can be repeated without being done twice.
type Keyed struct {
	Key string `header:"Idempotency-Key" pattern:"^[!-~]{1,200}$" doc:"Makes repeating safe: the same key with the same body is done once and answered as the first time; with another body it is 422." example:"b2f6f1c0-6b1e-4a52-9c83-2f7d1c3e5a90"`
}

// Paging asks for a page of a list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"1000" doc:"Where to go on: the next of the page before."`
}
