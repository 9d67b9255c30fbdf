package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/activities/mail"
	"wutong/station"
)

// officeLetter is a letter about an ambassador's office, as the store would gather
// it.
func officeLetter(template station.Template) station.Letter {
	return station.Letter{
		Notice: "n", Template: template, Language: station.English, To: "a@example.com", ToName: "Mira Castell", Talent: "Mira Castell", Referrer: "叶子衿",
		Case:        station.Case{Number: "HZ-AMBASSADOR-2026-000004", Kind: station.Ambassador},
		Programme:   station.Programme{Name: station.Text{Zh: "2026年青年人才大使", En: "Ambassadors 2026"}},
		Institution: station.Text{Zh: "清华大学", En: "Tsinghua University"},
		Appointment: &station.Appointment{
			Code: "7K3M9Q2XW4TA", Number: "HZ-LETTER-2026-000012", Until: time.Date(2028, time.March, 1, 0, 0, 0, 0, station.ChinaTime),
			AppointmentWords: station.AppointmentWords{Institution: station.Text{Zh: "清华大学", En: "Tsinghua University"}, From: time.Date(2026, time.March, 2, 0, 0, 0, 0, station.ChinaTime)},
		},
	}
}

// serviceLetter is a letter about a service of a settlement, as the store would
// gather it.
func serviceLetter(template station.Template) station.Letter {
	due := time.Date(2026, time.March, 5, 10, 0, 0, 0, time.UTC)
	return station.Letter{
		Notice: "n", Template: template, Language: station.English, To: "a@example.com", ToName: "Mira Castell", Referrer: "叶子衿",
		Case:    station.Case{Number: "HZ-SERVICE-2026-000031", Kind: station.ServiceKind},
		Service: station.Text{Zh: "人才公寓", En: "Talent housing"}, Provider: station.Text{Zh: "住房保障中心", En: "Housing Centre"},
		Manager: &station.Contact{Name: "沈听澜", Email: "shen@station.example"}, Due: &due,
	}
}

// posted writes a letter as a station with a public address does.
func posted(t *testing.T, l station.Letter) mail.Rendered {
	t.Helper()
	m, err := (&Post{PublicURL: "https://station.example"}).message(l)
	require.NoError(t, err)
	r, err := mail.Render(m)
	require.NoError(t, err)
	return r
}

func TestMessage_OfAnAppointmentLeadsToItsLetter(t *testing.T) {
	for _, template := range withLetter {
		text := posted(t, officeLetter(template)).Text
		assert.Contains(t, text, "Institution: Tsinghua University\nLetter number: HZ-LETTER-2026-000012\nTerm begins: 2 Mar 2026\nTerm ends: 1 Mar 2028\n", template)
		assert.Contains(t, text, "\nhttps://station.example/v1/letters/7K3M9Q2XW4TA\n", template)
	}
	for _, template := range []station.Template{station.MailAmbassadorThanked, station.MailAmbassadorEnded, station.MailAmbassadorResigned, station.MailInquiry} {
		l := officeLetter(template)
		l.Words.Question = "Since when?"
		text := posted(t, l).Text
		assert.NotContains(t, text, "https://", "%s asks to open nothing", template)
		assert.NotContains(t, text, "referral of", "%s is about its reader", template)
	}
}

func TestMessage_OfAnOfficeThanksForWhatWasDone(t *testing.T) {
	l := officeLetter(station.MailAmbassadorEnded)
	assert.NotContains(t, posted(t, l).Text, "Referrals:")
	l.Record = station.OfficeRecord{Made: 12, Accepted: 5}
	assert.Contains(t, posted(t, l).Text, "Referrals: 12\nAccepted of these: 5\n")
}

func TestMessage_OfThanksSaysOnWhichDayTheTermEnds(t *testing.T) {
	l := officeLetter(station.MailAmbassadorThanked)
	r := posted(t, l)
	assert.Equal(t, "Your term as an ambassador ends on 1 Mar 2028 (HZ-AMBASSADOR-2026-000004)", r.Subject)
	assert.Contains(t, r.Text, "Letter number: HZ-LETTER-2026-000012\nTerm ends: 1 Mar 2028\n")
	l.Language = station.Chinese
	assert.Contains(t, posted(t, l).Subject, "您的青年人才大使任期将于2028年3月1日届满")
}

func TestMessage_OfADeclinedMoveNamesWhoseAmbassadorTheyRemain(t *testing.T) {
	l := officeLetter(station.MailAmbassadorNotTied)
	l.Institution = station.Text{Zh: "斯坦福大学", En: "Stanford University"} // that was asked for
	assert.Contains(t, posted(t, l).Text, "you remain ambassador at Tsinghua University.")
}

func TestMessage_OfAnOfficeSaysWhyThoughNobodyWroteIt(t *testing.T) {
	l := officeLetter(station.MailAmbassadorRevoked)
	assert.Contains(t, posted(t, l).Text, "> It was revoked; the written decision says why.")
	l.Words.Reason = "No contact with the institution for a year."
	assert.Contains(t, posted(t, l).Text, "> No contact with the institution for a year.")
	l.Words.Reason, l.Reason, l.Template = "", station.ReasonConsentSilent, station.MailAmbassadorUnwilling
	assert.Contains(t, posted(t, l).Text, "> The person concerned did not answer in time")
	l.Template, l.Reason = station.MailAmbassadorNotTied, ""
	assert.Contains(t, posted(t, l).Text, "> The station did not decide within the time it had.")
}

func TestMessage_ToAProviderNamesTheServiceAndNobodyButTheCaseManager(t *testing.T) {
	for _, template := range []station.Template{station.MailServiceAsked, station.MailServiceAgain, station.MailServiceUndo, station.MailServiceCancelled} {
		l := serviceLetter(template)
		l.Words.Reason = "The landlord of 叶子衿 said no."
		r := posted(t, l)
		assert.Contains(t, r.Subject, "Talent housing (HZ-SERVICE-2026-000031)")
		assert.Contains(t, r.Text, "Housing Centre", template)
		assert.Contains(t, r.Text, "Case manager: 沈听澜\nE-mail: shen@station.example\n", template)
		assert.NotContains(t, r.Subject+r.Text+r.HTML, "叶子衿", template)
		l.Language = station.Chinese
		assert.Contains(t, posted(t, l).Text, "服务事项：人才公寓\n办件编号：HZ-SERVICE-2026-000031\n", template)
	}
}

func TestMessage_OfASettlementListsWhatItIsAbout(t *testing.T) {
	l := serviceLetter(station.MailSettlementManaged)
	l.Case.Kind, l.Services = station.SettlementKind, []station.Text{{Zh: "户口迁移", En: "Residence registration"}, {Zh: "人才公寓", En: "Talent housing"}}
	r := posted(t, l)
	assert.Equal(t, "Your settlement has begun; 沈听澜 looks after it (HZ-SERVICE-2026-000031)", r.Subject)
	assert.Contains(t, r.Text, "What you chose\n  - Residence registration\n  - Talent housing\n")
	l.Manager, l.Language = nil, station.Chinese
	assert.Contains(t, posted(t, l).Text, "将尽快为您指派一位服务专员")

	l.Template, l.Papers = station.MailSettlementPapers, []station.Text{{Zh: "学位证书", En: "Degree certificate"}}
	r = posted(t, l)
	assert.Contains(t, r.Text, "需要提交的材料\n  - 学位证书\n")
	assert.NotContains(t, r.Text, "到期", "nothing that was given before")
	l.Renews = true
	assert.Contains(t, posted(t, l).Text, "还需要您提交以下材料。其中有您此前提交过的材料，因其即将到期或已经到期，须更新为新的有效材料。")
	l.Template, l.Branch = station.MailSettlementMoved, station.Text{Zh: "西湖区青年人才工作站", En: "Xihu District Youth Talent Station"}
	assert.Contains(t, posted(t, l).Text, "您的落户服务已转至西湖区青年人才工作站继续办理。")
}

func TestMessage_OfAServiceThatIsNotDoneSaysWhy(t *testing.T) {
	l := serviceLetter(station.MailServiceEnded)
	l.Reason = station.ReasonNeedGone
	assert.Contains(t, posted(t, l).Text, "> A service that this one needs is not there any more, or will not be done.")
	l.Reason = ""
	assert.NotContains(t, posted(t, l).Text, "Why\n")
}

func TestMessage_ThatAsksByTheOfficeOrAProviderIsInTheirWords(t *testing.T) {
	l := officeLetter(station.MailConsentReminder)
	l.Task = &station.Task{Kind: station.TaskConsent}
	assert.Equal(t, station.MailAmbassadorNominated, templateOf(l))
	l = serviceLetter(station.MailInquiry)
	l.Task, l.Words.Question = &station.Task{Kind: station.TaskInquiry}, "Which floor do you prefer?"
	assert.Equal(t, "A question from your provider: Talent housing (HZ-SERVICE-2026-000031)", posted(t, l).Subject)
	l.Template = station.MailInquiryReminder
	assert.Contains(t, posted(t, l).Text, "Housing Centre is working on “Talent housing”, and asks you to answer the following.")
}

func TestMessage_OfTroubleRepeatsNothingThatAProviderWrote(t *testing.T) {
	l := serviceLetter(station.MailSettlementTrouble)
	l.Reason, l.Words.Reason = station.ReasonRefused, "叶子衿 rents already."
	r := posted(t, l)
	assert.Contains(t, r.Text, "cannot go on, for the reason below.")
	assert.Contains(t, r.Text, "> The provider declined this service.")
	assert.NotContains(t, r.Subject+r.Text+r.HTML, "叶子衿")
	l.Language = station.Chinese
	r = posted(t, l)
	assert.Contains(t, r.Text, "> 服务单位不予办理该项服务。")
	assert.NotContains(t, r.Subject+r.Text+r.HTML, "叶子衿")
}

func TestMessage_OfATaskSaysThatWhoTakesItFirstHasItOnlyToSeveral(t *testing.T) {
	l := serviceLetter(station.MailTask)
	l.Case.Kind, l.Due = station.SettlementKind, nil
	l.Task = &station.Task{Kind: station.TaskManagement, Role: station.RoleOfficer}
	assert.Contains(t, posted(t, l).Text, "whoever takes it first handles it.")
	l.Task.Assignee = "a"
	r := posted(t, l)
	assert.NotContains(t, r.Text, "takes it first")
	assert.NotContains(t, r.Text, "Due:")
	l.Language = station.Chinese
	assert.NotContains(t, posted(t, l).Text, "由先领取的人员办理")
}
