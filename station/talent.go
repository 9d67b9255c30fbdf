package station

import "time"

// Duplicate is an entry of the reserve, or an open referral, that may be of the
// same talent.
type Duplicate struct {
	ID    string `json:"id"`
	Where string `json:"where"` // "reserve" or "referral"
	Why   string `json:"why"`   // "email" or "name"
}

// TalentEntry is a talent in the reserve.
type TalentEntry struct {
	ID          string
	Name        string
	Email       string
	Phone       string
	Institution string
	Field       string
	Branch      string
	Grade       string
	Score       float64 // weighted mean of the reviews, 0–100
	Case        string
	Referrers   []string // accounts: who referred first, then co-referrers
	EnteredAt   time.Time
}
