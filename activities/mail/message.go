package mail

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A Message is one e-mail to one person.
type Message struct {
	Notice   string // the notice's opaque ID; travels as the custom argument "notice" and comes back in webhook events
	Template string // one of Templates()
	Language string // "zh-CN" or "en": the recipient's choice
	To       string // the recipient's address
	ToName   string // the name shown beside the address; may be empty
	Data     Data
}

// Data is what a mail's words can mention. Every string is already in the recipient's language; an empty one is absent,
// and what mentions it is left out.
type Data struct {
	Recipient string // the name used in the greeting
	Talent    string
	Referrer  string
	Programme string
	Number    string // the case's number, HZ-REFERRAL-2026-000123
	Stage     string
	TaskTitle string // what is to be done, without anybody's name
	Shared    bool   // it waits for several people, of whom one is to take it
	Question  string // may have several lines
	Reason    string // may have several lines
	Link      string // absolute, http or https
	Due       string // a date as the recipient writes dates
	Amount    string // with its currency, as the recipient writes amounts
	When      string // a date and time
	Place     string
	Offers    []string
	Grade     string
	Project   string   // of a pitch round
	Company   string   // whose project it is
	Position  string   // on the waiting list, or in the running order
	Match     string   // what the fund adds, with its currency
	Dates     []string // a timetable, a line for each of its times
	Since     string   // when a term begins: a date
	Until     string   // when it ends

	Institution  string // of an ambassador
	LetterNumber string // of the letter of appointment
	Made         string // referrals of an ambassador
	Counted      string // of these, those that were accepted
	Manager      string // of a settlement: the case manager
	ManagerEmail string
	Service      string   // the one that the mail is about
	Services     []string // that were chosen, or are done
	Provider     string   // who performs the service
	Papers       []string // that are asked for
	GivenBefore  bool     // some of those were given before, and are not good for long enough
	Branch       string   // that a talent moves to
}

// Longest texts, in characters. A subject is cut well before the 998 bytes that RFC 5322 allows in a line. A question
// or a reason is never cut: a decline must say all of why.
const (
	maxName    = 80
	maxLine    = 200
	maxSubject = 160
)

// cleaned returns the data as the templates may use it: what must be one line is one line, so that nobody's name can
// start a header or a paragraph of its own.
func (d Data) cleaned() (Data, error) {
	for _, name := range []*string{&d.Recipient, &d.Talent, &d.Referrer, &d.Project, &d.Company, &d.Manager} {
		*name = defuse(cut(oneLine(*name), maxName))
	}
	for _, s := range []*string{
		&d.Programme, &d.Number, &d.Stage, &d.TaskTitle, &d.Due, &d.Amount, &d.When, &d.Place, &d.Grade,
		&d.Position, &d.Match, &d.Since, &d.Until, &d.Institution, &d.LetterNumber, &d.Made, &d.Counted, &d.ManagerEmail, &d.Service, &d.Provider, &d.Branch,
	} {
		*s = cut(oneLine(*s), maxLine)
	}
	d.Question, d.Reason = lines(d.Question), lines(d.Reason)
	for _, list := range []*[]string{&d.Offers, &d.Dates, &d.Services, &d.Papers} {
		*list = oneLineEach(*list)
	}
	d.Link = strings.TrimSpace(d.Link)
	return d, checkLink(d.Link)
}

// oneLineEach makes each entry of a list one line, and leaves out what is empty.
func oneLineEach(list []string) []string {
	kept := make([]string, 0, len(list))
	for _, s := range list {
		if s = cut(oneLine(s), maxLine); s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// checkLink refuses what a button must not open. The link itself is kept out of the error: it may hold a token.
func checkLink(link string) error {
	if link == "" {
		return nil
	}
	u, err := url.Parse(link)
	if err != nil {
		return errors.New("the link is not a URL")
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.ContainsAny(link, " \t\r\n<>\"") {
		return errors.New("the link is not an absolute http or https URL")
	}
	return nil
}

// missing names the first of the fields that is empty, or "".
func (d Data) missing(fields []string) string {
	values := map[string]string{
		"Link": d.Link, "Question": d.Question, "Reason": d.Reason, "TaskTitle": d.TaskTitle, "Amount": d.Amount, "When": d.When, "Place": d.Place,
		"Dates": strings.Join(d.Dates, ""),
	}
	for _, field := range fields {
		if values[field] == "" {
			return field
		}
	}
	return ""
}

// check refuses a message that could not mean anything to its reader.
func (m Message) check(data Data) error {
	needed, known := needs[m.Template]
	if !known {
		return fmt.Errorf("no template %q", m.Template)
	}
	if field := data.missing(needed); field != "" {
		return fmt.Errorf("template %s needs %s", m.Template, field)
	}
	return nil
}
