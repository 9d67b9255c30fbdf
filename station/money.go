package station

import "fmt"

// CNY is the currency of the renminbi, by ISO 4217.
const CNY = "CNY"

// Money is an amount: an integer of fen (1/100 yuan) with its currency.
type Money struct {
	Fen      int64  `json:"fen"`
	Currency string `json:"currency"`
}

// String writes an amount as it is read in the log: "200000.00 CNY".
func (m Money) String() string {
	sign := ""
	fen := m.Fen
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d %s", sign, fen/100, fen%100, m.Currency)
}

// Share is percent of an amount, rounded down to the fen.
func Share(fen int64, percent int) int64 { return fen/100*int64(percent) + fen%100*int64(percent)/100 }
