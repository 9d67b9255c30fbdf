package eligibility

import (
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// china has known no summer time since 1991.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

// most is how many days or months a condition may count.
const most = 1_000_000

// addMonths is the same day n months later, or the last day of that month if it
// has no such day: a month after 31 January is 28 or 29 February, a year after
// 29 February is 28 February. So counts the Civil Code (article 202).
func addMonths(t time.Time, n int) time.Time {
	t = t.In(china)
	to := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), china)
	last := to.AddDate(0, 1, -1).Day()
	return to.AddDate(0, 0, min(t.Day(), last)-1)
}

func addYears(t time.Time, n int) time.Time { return addMonths(t, 12*n) }

func addDays(t time.Time, n int) time.Time { return t.In(china).AddDate(0, 0, n) }

// calendar are the functions of conditions that count days, months and years:
// company.registeredOn.addMonths(3).
type calendar struct{}

func (calendar) ProgramOptions() []cel.ProgramOption { return nil }

func (calendar) CompileOptions() []cel.EnvOption {
	counted := func(name string, add func(time.Time, int) time.Time) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("timestamp_"+name+"_int",
			[]*cel.Type{cel.TimestampType, cel.IntType}, cel.TimestampType,
			cel.BinaryBinding(func(t, n ref.Val) ref.Val {
				count := n.(types.Int)
				if count < -most || count > most {
					return types.NewErr("%s: %d is too many", name, count)
				}
				to := add(t.(types.Timestamp).Time, int(count))
				if to.Year() < 1 || to.Year() > 9999 {
					return types.NewErr("%s: the year %d is out of range", name, to.Year())
				}
				return types.Timestamp{Time: to}
			})))
	}
	return []cel.EnvOption{counted("addDays", addDays), counted("addMonths", addMonths), counted("addYears", addYears)}
}
