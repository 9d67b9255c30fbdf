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
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Email       string    `json:"email"`
	Phone       string    `json:"phone"`
	Institution string    `json:"institution"`
	Field       string    `json:"field"`
	Branch      string    `json:"branch"`
	Grade       string    `json:"grade"`
	Score       float64   `json:"score"` // weighted mean of the reviews, 0–100
	Case        string    `json:"case"`
	Referrers   []string  `json:"referrers"` // accounts: who referred first, then co-referrers
	EnteredAt   time.Time `json:"enteredAt"`
}
