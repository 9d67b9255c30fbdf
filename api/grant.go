package api

import "wutong/station"

// GrantForm is [station.GrantForm] as the document shows it; the rules are the
// station's, and what is said of them here is checked by a test.
type GrantForm struct {
	District  string         `json:"district" maxLength:"60" doc:"The code of the branch in whose district the company is registered." example:"HZ-BJ"`
	Project   GrantProject   `json:"project" doc:"What money is asked for."`
	Company   GrantCompany   `json:"company" doc:"Who gets the money."`
	Applicant GrantApplicant `json:"applicant" doc:"Who asks."`
	Team      GrantTeam      `json:"team" doc:"The founding team."`
	Documents []string       `json:"documents,omitempty" maxItems:"30" format:"uuid" doc:"IDs of documents that the applicant uploaded, each once."` // not uniqueItems: huma panics on items that cannot be compared
}

// GrantProject is [station.GrantProject].
type GrantProject struct {
	Name    string `json:"name" maxLength:"200" example:"Dexterous hands for small workshops"`
	Summary string `json:"summary" maxLength:"5000" example:"A robot hand that a workshop of ten people can afford."`
	Plan    string `json:"plan" maxLength:"5000" doc:"What the money would be used for." example:"Two engineers for a year, and the tools for a first series."`
}

// GrantCompany is [station.GrantCompany].
type GrantCompany struct {
	Name          string      `json:"name" maxLength:"200" doc:"As on the business licence." example:"杭州灵手科技有限公司"`
	Number        string      `json:"number" minLength:"18" maxLength:"18" doc:"The unified social credit code (GB 32100-2015)." example:"91350100M000100Y43"`
	RegisteredOn  station.Day `json:"registeredOn" format:"date" doc:"The day of registration by the business licence, in China." example:"2026-03-01"`
	EarlierGrants int         `json:"earlierGrants" minimum:"0" maximum:"100" doc:"How many municipal grants the company had before." example:"0"`
	Bank          string      `json:"bank" maxLength:"200" doc:"Where the company has its account." example:"杭州银行滨江支行"`
	Account       string      `json:"account" minLength:"8" maxLength:"32" doc:"The account's number: what the treasurer pays to." example:"3301040160000123456"`
}

// GrantApplicant is [station.GrantApplicant].
type GrantApplicant struct {
	LegalRepresentative bool        `json:"legalRepresentative" doc:"Whether the applicant is the company's legal representative." example:"true"`
	GraduatedOn         station.Day `json:"graduatedOn" format:"date" example:"2024-06-30"`
	Institution         string      `json:"institution" maxLength:"200" doc:"Where the applicant graduated: a code of /v1/institutions, or a name in words." example:"zju"`
}

// GrantTeam is [station.GrantTeam].
type GrantTeam struct {
	Members int     `json:"members" minimum:"1" maximum:"1000" example:"3"`
	Share   float64 `json:"share" minimum:"0" maximum:"100" doc:"How much of the company's capital the team holds, in percent." example:"62.5"`
}

// startGrant is the body that starts a grant.
type startGrant struct {
	Programme string `json:"programme" maxLength:"100" doc:"The code of an open grant programme." example:"grant-2026"`
	GrantForm
}

func (s startGrant) programme() string { return s.Programme }

func (s startGrant) form() any {
	return station.GrantForm{
		District: s.District, Project: station.GrantProject(s.Project), Company: station.GrantCompany(s.Company),
		Applicant: station.GrantApplicant(s.Applicant), Team: station.GrantTeam(s.Team), Documents: s.Documents,
	}
}
