package activities

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/activities/mail"
	"wutong/station"
)

// grantLetter is a letter about a grant as the store would gather it.
func grantLetter(template station.Template) station.Letter {
	due := time.Date(2026, time.March, 5, 10, 0, 0, 0, time.UTC)
	return station.Letter{
		Notice: "n", Template: template, Language: station.Chinese, To: "a@example.com", ToName: "周岚", Referrer: "周岚",
		Case: station.Case{Number: "HZ-GRANT-2026-000007", Stage: station.StageNotice},
		Programme: station.Programme{
			Name: station.Text{Zh: "2026年创业无偿资助", En: "Start-up grant 2026"},
			Terms: json.RawMessage(`{"fund": "welfare", "review": {"tiers": [2000000, 5000000]}, "rules": [
				{"code": "legal_representative", "when": "true", "says": {"zh-CN": "申请人是企业法定代表人", "en": "The applicant is the legal representative"}, "source": {"zh-CN": "试", "en": "Trial"}},
				{"code": "graduated", "when": "true", "says": {"zh-CN": "毕业不超过五年", "en": "Graduated at most five years ago"}, "source": {"zh-CN": "试", "en": "Trial"}},
				{"code": "share", "when": "true", "says": {"zh-CN": "团队出资不低于三成", "en": "The team holds enough of the capital"}, "source": {"zh-CN": "试", "en": "Trial"}}]}`),
		},
		Due: &due, Amount: station.Money{Fen: 20_000_000, Currency: station.CNY},
	}
}

func write(t *testing.T, l station.Letter) mail.Rendered {
	t.Helper()
	m, err := new(Post).message(l)
	require.NoError(t, err)
	r, err := mail.Render(m)
	require.NoError(t, err)
	return r
}

func TestMessage_OfAnAwardSaysItsAmountInTheReadersLanguage(t *testing.T) {
	l := grantLetter(station.MailGrantShown)
	assert.Contains(t, write(t, l).Text, "拟资助金额：200,000.00 元\n公示截止：2026年3月5日")
	l.Language = station.English
	assert.Contains(t, write(t, l).Text, "Proposed award: CNY 200,000.00\nShown until: 5 Mar 2026")
}

func TestMessage_ToWhoIsNotEligibleSaysWhichRulesAreNotMet(t *testing.T) {
	l := grantLetter(station.MailGrantIneligible)
	l.Reason, l.Unmet = station.ReasonIneligible, []string{"share", "legal_representative"}
	text := write(t, l).Text
	assert.Contains(t, text, "不符合的条件\n  > 申请人是企业法定代表人\n  > 团队出资不低于三成\n")
	assert.NotContains(t, text, "毕业")

	l.Language, l.Unmet = station.English, []string{"a rule that the programme has no more"}
	assert.Contains(t, write(t, l).Text, "> The application does not meet the programme's conditions")
}

func TestMessage_OfADefenceSaysWhenAndWhere(t *testing.T) {
	l := grantLetter(station.MailDefenceCalled)
	l.Words = station.Body{At: "2026-03-09T06:30:00Z", Place: "市民中心\n三楼会议室"}
	r := write(t, l)
	assert.Equal(t, "请参加项目答辩：2026年3月9日（星期一）14:30（HZ-GRANT-2026-000007）", r.Subject)
	assert.Contains(t, r.Text, "答辩地点：市民中心 三楼会议室")

	l.Words.At = "tomorrow"
	_, err := new(Post).message(l)
	require.ErrorContains(t, err, "read when the defence is")
}

func TestMessage_OfATerminationAsksForMoneyOnlyIfSomeIsToComeBack(t *testing.T) {
	l := grantLetter(station.MailGrantTerminated)
	l.Reason = station.ReasonEvidenceLate
	assert.Contains(t, write(t, l).Text, "请您在2026年3月5日前退回上述金额。")
	l.Amount.Fen = 0
	assert.NotContains(t, write(t, l).Text, "退回")
}

// An inquiry is to a talent by link, to a referrer about a talent, or to an
// applicant about what is theirs.
func TestMessage_OfAnInquirySpeaksToWhoIsAsked(t *testing.T) {
	l := grantLetter(station.MailInquiry)
	l.Words.Question = "请补充营业执照。"
	text := write(t, l).Text
	assert.Contains(t, text, "您的办件正在审核。")
	assert.Contains(t, text, "如需补充材料，请在答复时一并提交")
	l.Talent = "林见川"
	text = write(t, l).Text
	assert.Contains(t, text, "您举荐林见川的办件正在审核。")
	assert.NotContains(t, text, "更正申请内容")
}
