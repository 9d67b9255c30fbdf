package api

import "wutong/station"

// ReferralForm is [station.ReferralForm] as the document shows it; the rules
// are the station's, and what is said of them here is checked by a test.
type ReferralForm struct {
	Channel     string           `json:"channel" maxLength:"60" doc:"By which way the talent is referred: a code of /v1/channels." example:"ambassador"`
	Name        string           `json:"name" maxLength:"100" doc:"The talent's name, in Chinese characters or Latin letters." example:"林知远"`
	Email       string           `json:"email" format:"email" maxLength:"254" doc:"Where the talent is asked for consent." example:"zhiyuan.lin@example.com"`
	Phone       string           `json:"phone,omitempty" format:"phone" maxLength:"40" doc:"5 to 20 digits, with spaces, plus, hyphens and brackets if need be, and an extension." example:"+86 571 5550 0100"`
	Institution string           `json:"institution" maxLength:"200" doc:"A code of /v1/institutions, or a name in words." example:"zju"`
	Field       string           `json:"field" maxLength:"100" doc:"What the talent works on." example:"embodied intelligence"`
	Evidence    []string         `json:"evidence" minItems:"1" maxItems:"20" format:"uri" doc:"Web addresses that show what the talent has done." example:"[\"https://example.com/paper\"]"`
	Why         string           `json:"why" maxLength:"5000" doc:"Why this talent." example:"First author of two papers on dexterous hands; wants to found a company."`
	Language    station.Language `json:"language,omitempty" enum:"zh-CN,en" doc:"In which language the talent is written to; zh-CN when left out." example:"zh-CN"`
	Ambassador  string           `json:"ambassador,omitempty" maxLength:"60" doc:"The number of the letter of appointment of the ambassador through whom the referral comes. Whoever refers in office is named by themself." example:"HZ-LETTER-2026-000012"`
}

// startReferral is the body that starts a referral.
type startReferral struct {
	Programme string `json:"programme" maxLength:"100" doc:"The code of an open referral programme." example:"referral-2026"`
	ReferralForm
}

func (s startReferral) programme() string { return s.Programme }
func (s startReferral) form() any         { return station.ReferralForm(s.ReferralForm) }
