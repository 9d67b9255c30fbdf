package mail

import (
	"fmt"
	"strings"
	"text/template"
)

// Rendered is a mail as its reader gets it.
type Rendered struct {
	Subject string // one line
	Text    string
	HTML    string
}

// A page is what the two layouts lay out, in this order; what is empty is left out.
type page struct {
	Language   string
	Station    string
	Subject    string
	Heading    string
	Greeting   string
	Body       []string // paragraphs
	ListTitle  string
	List       []string
	QuoteTitle string
	Quote      []string // lines
	Facts      []fact
	Button     string // the link's label
	Link       string
	LinkHint   string
	After      []string // paragraphs
	Footer     []string // paragraphs
}

type fact struct{ Label, Value string }

// Render turns a message into what its reader gets. It fails if there is no such template or language, if the link is
// no link, or if data is absent without which the mail would be worthless.
func Render(m Message) (Rendered, error) {
	lib, err := parsed()
	if err != nil {
		return Rendered{}, err
	}
	mails, known := lib.mails[m.Language]
	if !known {
		return Rendered{}, fmt.Errorf("no templates in language %q", m.Language)
	}
	data, err := m.Data.cleaned()
	if err != nil {
		return Rendered{}, fmt.Errorf("template %s: %w", m.Template, err)
	}
	if err := m.check(data); err != nil {
		return Rendered{}, err
	}
	p, err := fill(mails[m.Template], m.Language, data)
	if err != nil {
		return Rendered{}, fmt.Errorf("template %s in %s: %w", m.Template, m.Language, err)
	}
	var text, html strings.Builder
	if err := lib.text.Execute(&text, p); err != nil {
		return Rendered{}, fmt.Errorf("lay out the text of %s: %w", m.Template, err)
	}
	if err := lib.html.Execute(&html, p); err != nil {
		return Rendered{}, fmt.Errorf("lay out the HTML of %s: %w", m.Template, err)
	}
	return Rendered{Subject: p.Subject, Text: text.String(), HTML: html.String()}, nil
}

// fill executes a mail's blocks. Their output is plain text without any markup; the HTML layout escapes all of it.
func fill(mail *template.Template, language string, data Data) (page, error) {
	blocks := make(map[string]string)
	for _, block := range mail.Templates() {
		var b strings.Builder
		if err := block.Execute(&b, data); err != nil {
			return page{}, fmt.Errorf("block %s: %w", block.Name(), err)
		}
		blocks[block.Name()] = b.String()
	}
	// The templates' files are wrapped to be readable. Chinese has no spaces between words, so neither may a line's end
	// become one.
	glue := " "
	if language == "zh-CN" {
		glue = ""
	}
	line := func(name string) string { return strings.Join(nonEmptyLines(blocks[name]), glue) }
	p := page{
		Language:   language,
		Station:    line("station"),
		Subject:    cut(oneLine(line("subject")), maxSubject),
		Heading:    line("heading"),
		Greeting:   line("greeting"),
		Body:       paragraphs(blocks["body"], glue),
		ListTitle:  line("list_title"),
		List:       nonEmptyLines(blocks["list"]),
		QuoteTitle: line("quote_title"),
		Facts:      facts(blocks["facts"]),
		After:      paragraphs(blocks["after"], glue),
		Footer:     paragraphs(blocks["footer"], glue),
	}
	if quote := strings.TrimSpace(blocks["quote"]); quote != "" {
		p.Quote = strings.Split(quote, "\n")
	}
	if button := line("button"); button != "" && data.Link != "" {
		p.Button, p.Link, p.LinkHint = button, data.Link, line("link_hint")
	}
	return p, nil
}

// paragraphs splits a block at its empty lines.
func paragraphs(block, glue string) []string {
	var all, current []string
	flush := func() {
		if len(current) > 0 {
			all = append(all, strings.Join(current, glue))
			current = nil
		}
	}
	for line := range strings.SplitSeq(block, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			flush()
			continue
		}
		current = append(current, line)
	}
	flush()
	return all
}

func nonEmptyLines(block string) []string {
	var kept []string
	for line := range strings.SplitSeq(block, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return kept
}

// facts reads lines of the form "label | value"; a fact whose value is absent is left out.
func facts(block string) []fact {
	var all []fact
	for _, line := range nonEmptyLines(block) {
		label, value, _ := strings.Cut(line, "|")
		if value = strings.TrimSpace(value); value != "" {
			all = append(all, fact{Label: strings.TrimSpace(label), Value: value})
		}
	}
	return all
}
