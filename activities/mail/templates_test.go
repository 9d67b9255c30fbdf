package mail

import (
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"text/template/parse"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everything is data with nothing absent.
func everything() Data {
	return Data{
		Recipient: "林晓", Talent: "季逸超", Referrer: "陈一鸣", Programme: "2026年青年人才举荐", Number: "HZ-REFERRAL-2026-000123",
		Stage: "资料审核", TaskTitle: "审核举荐资料", Shared: true, Question: "请说明您在团队中的分工。\n请附上论文链接。",
		Reason: "所附链接无法打开。\n研究方向与本批次不符。", Link: "https://station.example/links/Zk3v9?lang=zh&from=mail", Due: "2026年3月5日",
		Amount: "200,000.00 元", When: "2026年3月9日（星期一）14:30", Place: "市民中心三楼会议室",
		Offers: []string{"人才公寓", "创业导师"}, Grade: "A",
		Project: "机器人触觉皮肤", Company: "杭州触感机器人有限公司", Position: "3", Match: "160,000.00 元",
		Dates: []string{"征集截止：2026年3月2日（星期一）17:00", "现场路演：2026年3月9日（星期一）14:30"}, Since: "2026年3月1日", Until: "2028年2月29日",
		Institution: "清华大学", LetterNumber: "HZ-LETTER-2026-000012", Made: "12", Counted: "5", Manager: "沈听澜", ManagerEmail: "shen@station.example",
		Service: "人才公寓", Services: []string{"户口迁移", "人才公寓"}, Provider: "市住房保障中心", Papers: []string{"身份证", "学位证书"}, GivenBefore: true,
		Branch: "西湖区青年人才工作站",
	}
}

func TestTemplates_ExistInBothLanguagesAndNoOthersExist(t *testing.T) {
	for _, language := range Languages() {
		entries, err := fs.ReadDir(files, "templates/"+language)
		require.NoError(t, err)
		var names []string
		for _, entry := range entries {
			names = append(names, strings.TrimSuffix(entry.Name(), ".tmpl"))
		}
		slices.Sort(names)
		assert.Equal(t, Templates(), names, language)
	}
}

func TestTemplates_UseTheSameBlocksAndDataInBothLanguages(t *testing.T) {
	lib, err := parsed()
	require.NoError(t, err)
	used := make(map[string]bool)
	for _, name := range Templates() {
		chinese, english := blockFields(lib.mails["zh-CN"][name]), blockFields(lib.mails["en"][name])
		assert.Equal(t, chinese, english, name)
		for _, fields := range chinese {
			for _, field := range fields {
				used[field] = true
			}
		}
	}
	for field := range reflect.TypeFor[Data]().Fields() {
		assert.True(t, used[field.Name], "no template uses %s", field.Name)
	}
}

func TestTemplates_AskOnlyForDataThatTheyUse(t *testing.T) {
	lib, err := parsed()
	require.NoError(t, err)
	for name, fields := range needs {
		var used []string
		for block, all := range blockFields(lib.mails["en"][name]) {
			used = append(used, all...)
			if block == "button" {
				used = append(used, "Link") // the layout's part of every button
			}
		}
		assert.Subset(t, used, fields, name)
	}
}

func TestTemplates_HaveOnlyBlocksThatAreLaidOut(t *testing.T) {
	lib, err := parsed()
	require.NoError(t, err)
	laidOut := []string{
		"subject", "heading", "body", "list_title", "list", "quote_title", "quote", "facts", "button", "after",
		"station", "greeting", "link_hint", "footer",
	}
	for language, mails := range lib.mails {
		for name, mail := range mails {
			blocks := blockFields(mail)
			for block := range blocks {
				assert.Contains(t, laidOut, block, "%s in %s", name, language)
			}
			for _, block := range []string{"subject", "heading", "body", "facts"} {
				assert.Contains(t, blocks, block, "%s in %s", name, language)
			}
		}
	}
}

func TestTemplates_NameNobodyToStaff(t *testing.T) {
	lib, err := parsed()
	require.NoError(t, err)
	for _, name := range []string{"task", "task_reminder", "task_escalated", "inquiry_answered"} {
		for language, mails := range lib.mails {
			for block, fields := range blockFields(mails[name]) {
				for _, personal := range []string{"Talent", "Referrer", "Question", "Reason"} {
					assert.NotContains(t, fields, personal, "block %s of %s in %s", block, name, language)
				}
			}
		}
	}
}

// Who objects is not told who applied, nor the other way round.
func TestTemplates_OfTheGrantNameNobody(t *testing.T) {
	lib, err := parsed()
	require.NoError(t, err)
	of := regexp.MustCompile(`^(grant|objection|evidence|tranche|defence|applicant)_`)
	for language, mails := range lib.mails {
		for name, mail := range mails {
			for block, fields := range blockFields(mail) {
				if of.MatchString(name) {
					assert.NotContains(t, fields, "Talent", "block %s of %s in %s", block, name, language)
					assert.NotContains(t, fields, "Referrer", "block %s of %s in %s", block, name, language)
				}
			}
		}
	}
}

// What an angel gets is about many projects, or names none; nobody reads of one
// angel's amount, nor who else votes, vouches or invests.
func TestTemplates_OfTheHubNameNobodyAndNoProjectToAngels(t *testing.T) {
	lib, err := parsed()
	require.NoError(t, err)
	of := regexp.MustCompile(`^(angel|round|pitch)_`)
	toAngels := regexp.MustCompile(`^(angel|round)_|^pitch_(two_leads|member|refill)$`)
	for language, mails := range lib.mails {
		for name, mail := range mails {
			for block, fields := range blockFields(mail) {
				where := "block " + block + " of " + name + " in " + language
				if of.MatchString(name) {
					assert.NotContains(t, fields, "Referrer", where)
				}
				if of.MatchString(name) && name != "angel_vouch" { // a voucher must know for whom
					assert.NotContains(t, fields, "Talent", where)
				}
				if toAngels.MatchString(name) {
					for _, secret := range []string{"Project", "Company", "Amount", "Match", "Position"} {
						assert.NotContains(t, fields, secret, where)
					}
				}
			}
		}
	}
}

// Who performs a service learns of the talent from its task only, and so does the
// case manager; nobody is told who else is nominated.
func TestTemplates_OfOfficesAndSettlementsNameNobody(t *testing.T) {
	lib, err := parsed()
	require.NoError(t, err)
	of := regexp.MustCompile(`^(ambassador|settlement|service)_`)
	toProviders := regexp.MustCompile(`^service_(asked|again|undo|cancelled)$`)
	for language, mails := range lib.mails {
		for name, mail := range mails {
			for block, fields := range blockFields(mail) {
				where := "block " + block + " of " + name + " in " + language
				if of.MatchString(name) {
					assert.NotContains(t, fields, "Talent", where)
				}
				if of.MatchString(name) && name != "ambassador_nominated" { // a nominee must know by whom
					assert.NotContains(t, fields, "Referrer", where)
				}
				if toProviders.MatchString(name) {
					for _, personal := range []string{"Question", "Reason", "Papers", "Services"} {
						assert.NotContains(t, fields, personal, where)
					}
				}
			}
		}
	}
}

func TestTemplates_WriteChineseWithChinesePunctuation(t *testing.T) {
	eachText(t, func(path, words string) {
		if strings.Contains(path, "zh-CN") {
			assert.False(t, strings.ContainsAny(words, ",:;?!()\""), "%s: %q", path, words)
		}
	})
}

// number is what a programme's terms may change, whoever writes it: a digit, or days that are counted in words.
var number = regexp.MustCompile(`(?i)\p{Nd}|[〇零一二两三四五六七八九十百]\s*个?(工作日|日|天|周|星期|月)|` +
	`\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty)\s+((working|business|calendar)\s+)?(day|week|month)s?\b`)

func TestTemplates_NameNoNumberThatAProgrammesTermsMayChange(t *testing.T) {
	for _, words := range []string{"在10个工作日内", "在１０天内", "十个工作日", "十五天", "within 10 days", "within ten working\ndays"} {
		require.Regexp(t, number, words)
	}
	eachText(t, func(path, words string) { assert.NotRegexp(t, number, words, path) })
}

// eachText visits what the templates of each language say themselves, outside of their actions.
func eachText(t *testing.T, visit func(path, words string)) {
	t.Helper()
	for _, language := range Languages() {
		paths, err := fs.Glob(files, "templates/"+language+"/*.tmpl")
		require.NoError(t, err)
		for _, path := range append(paths, "templates/"+language+".tmpl") {
			text, err := fs.ReadFile(files, path)
			require.NoError(t, err)
			trees, err := parse.Parse(path, string(text), "", "", map[string]any{"or": 0, "and": 0, "not": 0})
			require.NoError(t, err)
			for _, tree := range trees {
				walk(tree.Root, func(node parse.Node) {
					if words, ok := node.(*parse.TextNode); ok {
						visit(path, string(words.Text))
					}
				})
			}
		}
	}
}

// blockFields lists, for each block of a mail that is not empty, the fields of Data that it mentions, sorted.
func blockFields(mail *template.Template) map[string][]string {
	blocks := make(map[string][]string)
	for _, block := range mail.Templates() {
		if strings.HasSuffix(block.Name(), ".tmpl") {
			continue // what stands in a file outside of all blocks
		}
		fields := []string{}
		walk(block.Root, func(node parse.Node) {
			if field, ok := node.(*parse.FieldNode); ok {
				fields = append(fields, field.Ident[0])
			}
		})
		slices.Sort(fields)
		blocks[block.Name()] = slices.Compact(fields)
	}
	return blocks
}

// walk visits a node and all below it.
func walk(node parse.Node, visit func(parse.Node)) {
	if node == nil || reflect.ValueOf(node).IsNil() {
		return
	}
	visit(node)
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		walk(b.ElseList, visit)
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			for _, argument := range command.Args {
				walk(argument, visit)
			}
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	}
}
