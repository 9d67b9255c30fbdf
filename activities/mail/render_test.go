package mail

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bare is data with everything absent but what the template needs.
func bare(name string) Data {
	full := everything()
	var d Data
	for _, field := range needs[name] {
		switch field {
		case "Link":
			d.Link = full.Link
		case "Question":
			d.Question = full.Question
		case "Reason":
			d.Reason = full.Reason
		case "TaskTitle":
			d.TaskTitle = full.TaskTitle
		case "Amount":
			d.Amount = full.Amount
		case "When":
			d.When = full.When
		case "Place":
			d.Place = full.Place
		case "Dates":
			d.Dates = full.Dates
		}
	}
	return d
}

func TestRender_EveryTemplateWithAllDataAndWithTheLeast(t *testing.T) {
	for _, language := range Languages() {
		for _, name := range Templates() {
			for fill, data := range map[string]Data{"all": everything(), "least": bare(name)} {
				t.Run(language+"/"+name+"/"+fill, func(t *testing.T) {
					r, err := Render(Message{Template: name, Language: language, Data: data})
					require.NoError(t, err)
					assert.NotEmpty(t, r.Subject)
					assert.NotContains(t, r.Subject, "\n")
					for _, part := range []string{r.Subject, r.Text, r.HTML} {
						for _, broken := range []string{"<no value>", "ZgotmplZ", "{{", "}}", "“”", "()", "（）", " ,", " .", ",,"} {
							assert.NotContains(t, part, broken)
						}
					}
					for _, double := range []string{"  \n", "\n\n\n", "。。", "，，"} {
						assert.NotContains(t, r.Text, double)
					}
				})
			}
		}
	}
}

func TestRender_SaysTheSameInTextAndInHTML(t *testing.T) {
	r, err := Render(Message{Template: "declined", Language: "zh-CN", Data: everything()})
	require.NoError(t, err)
	assert.Equal(t, "“2026年青年人才举荐”办理结果通知（HZ-REFERRAL-2026-000123）", r.Subject)
	for _, words := range []string{
		"林晓，您好：", "所附链接无法打开。", "研究方向与本批次不符。", "可以在2026年3月5日前提出一次申诉。申诉由此前", "HZ-REFERRAL-2026-000123",
	} {
		assert.Contains(t, r.Text, words)
		assert.Contains(t, r.HTML, words)
	}
	assert.Contains(t, r.Text, "\nhttps://station.example/links/Zk3v9?lang=zh&from=mail\n")
	assert.Equal(t, 2, strings.Count(r.HTML, `href="https://station.example/links/Zk3v9?lang=zh&amp;from=mail"`), "button and plain link")
	assert.Contains(t, r.HTML, `<html lang="zh-CN">`)
}

func TestRender_WithoutLinkHasNoButton(t *testing.T) {
	data := everything()
	data.Link = ""
	r, err := Render(Message{Template: "inquiry", Language: "en", Data: data})
	require.NoError(t, err)
	assert.NotContains(t, r.HTML, "<a ")
	assert.NotContains(t, r.Text, "Write your answer")
	assert.Contains(t, r.Text, "Your referral of 季逸超 is being checked.")
	assert.Contains(t, r.Text, "Please sign in to the station and answer under “My tasks”.")
}

func TestRender_KeepsAHostileNameFromStartingAHeaderAParagraphOrATag(t *testing.T) {
	data := everything()
	data.Referrer = "Eve\r\nBcc: all@example.com\u2028\n\n<script>alert(1)</script>\u202egnp.exe"
	r, err := Render(Message{Template: "consent", Language: "en", Data: data})
	require.NoError(t, err)
	assert.NotContains(t, r.Subject, "\n")
	assert.NotContains(t, r.Subject, "\r")
	assert.NotContains(t, r.Subject, "\u2028")
	assert.NotContains(t, r.Text, "\nBcc:")
	assert.NotContains(t, r.Text, "\n<script>")
	assert.NotContains(t, r.HTML, "<script>")
	assert.Contains(t, r.HTML, "&lt;script&gt;")
	assert.NotContains(t, r.Subject+r.Text+r.HTML, "\u202e", "an override of the reading direction")
}

func TestRender_MakesNoLinkOfAName(t *testing.T) {
	data := everything()
	data.Referrer = "win at https://evil.example now"
	r, err := Render(Message{Template: "consent", Language: "en", Data: data})
	require.NoError(t, err)
	assert.NotContains(t, r.Text, "https://evil")
	assert.NotContains(t, r.Text, "evil.example")
	assert.Contains(t, r.Text, "evil."+wordJoiner+"example")

	data.Referrer = "J. R. Smith"
	r, err = Render(Message{Template: "consent", Language: "en", Data: data})
	require.NoError(t, err)
	assert.Contains(t, r.Text, "J. R. Smith referred you", "an ordinary name stays as it is")
}

func TestRender_CutsLongNamesButNoReason(t *testing.T) {
	data := everything()
	data.Programme = strings.Repeat("长", 5000)
	data.Reason = strings.Repeat("理", 5000)
	r, err := Render(Message{Template: "declined", Language: "zh-CN", Data: data})
	require.NoError(t, err)
	assert.LessOrEqual(t, len([]rune(r.Subject)), maxSubject)
	assert.Contains(t, r.Text, data.Reason)
	assert.NotContains(t, r.Text, strings.Repeat("长", maxLine+1))
}

func TestRender_RefusesWhatItCannotSay(t *testing.T) {
	tests := map[string]struct {
		change func(*Message)
		want   string
	}{
		"no such template":    {func(m *Message) { m.Template = "newsletter" }, `no template "newsletter"`},
		"no such language":    {func(m *Message) { m.Language = "fr" }, `no templates in language "fr"`},
		"no link to consent":  {func(m *Message) { m.Data.Link = "" }, "template consent needs Link"},
		"a script for a link": {func(m *Message) { m.Data.Link = "javascript:alert(1)" }, "not an absolute http or https URL"},
		"a path for a link":   {func(m *Message) { m.Data.Link = "/links/abc" }, "not an absolute http or https URL"},
		"two lines as a link": {func(m *Message) { m.Data.Link = "https://a.example/\nx" }, "the link is not a URL"},
		"a quote in a link":   {func(m *Message) { m.Data.Link = `https://a.example/" x="` }, "not an absolute http or https URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := Message{Template: "consent", Language: "en", Data: everything()}
			test.change(&m)
			_, err := Render(m)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func FuzzRender_NeverLetsAWordBecomeMarkup(f *testing.F) {
	f.Add("陈一鸣", "<b>why</b>")
	f.Add("\xff\xfe", "a\r\n\r\nb\u2029")
	f.Fuzz(func(t *testing.T, name, reason string) {
		plain, err := Render(Message{Template: "declined_referrer", Language: "en", Data: Data{Reason: "x", Talent: "x", Recipient: "x"}})
		require.NoError(t, err)
		r, err := Render(Message{Template: "declined_referrer", Language: "en", Data: Data{Reason: "x" + reason, Talent: name, Recipient: name}})
		require.NoError(t, err)
		assert.False(t, strings.ContainsAny(r.Subject, "\r\n"))
		// Line breaks in the quotation are the only tags that words can add.
		tags := strings.Count(r.HTML, "<") - strings.Count(r.HTML, "<br>")
		assert.Equal(t, strings.Count(plain.HTML, "<")-strings.Count(plain.HTML, "<br>"), tags)
	})
}
