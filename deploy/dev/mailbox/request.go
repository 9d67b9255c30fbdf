package mailbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
)

// request is the body of POST /v3/mail/send, as far as the mailbox reads it.
type request struct {
	From             *address          `json:"from"`
	ReplyTo          *address          `json:"reply_to"`
	Subject          string            `json:"subject"`
	Personalizations []personalization `json:"personalizations"`
	Content          []content         `json:"content"`
	Categories       []string          `json:"categories"`
	CustomArgs       map[string]string `json:"custom_args"`
	Headers          map[string]string `json:"headers"`
}

type address struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

type personalization struct {
	To         []address         `json:"to"`
	CC         []address         `json:"cc"`
	BCC        []address         `json:"bcc"`
	Subject    string            `json:"subject"`
	CustomArgs map[string]string `json:"custom_args"`
}

func (p personalization) recipients() []address { return slices.Concat(p.To, p.CC, p.BCC) }

type content struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// An apiError is one entry of the errors that SendGrid answers with.
type apiError struct {
	Message string  `json:"message"`
	Field   *string `json:"field"`
	Help    *string `json:"help"`
}

func invalid(field, message string) apiError { return apiError{Message: message, Field: &field} }

// parse decodes and checks a body roughly as SendGrid does: its documented limits, not its every rule.
func parse(body []byte) (request, []apiError) {
	var r request
	if err := json.Unmarshal(body, &r); err != nil {
		return request{}, []apiError{{Message: "Bad Request: the body is not the JSON of a mail"}}
	}
	var errs []apiError
	if r.From == nil {
		errs = append(errs, invalid("from.email", "The from object must be provided for every email send."))
	} else {
		errs = append(errs, checkAddress("from", *r.From)...)
	}
	if r.ReplyTo != nil {
		errs = append(errs, checkAddress("reply_to", *r.ReplyTo)...)
	}
	errs = append(errs, checkPersonalizations(r)...)
	errs = append(errs, checkContent(r.Content)...)
	return r, append(errs, checkLabels(r)...)
}

func checkAddress(field string, a address) []apiError {
	parsed, err := mail.ParseAddress(a.Email)
	if err != nil || parsed.Address != a.Email || len(a.Email) > 320 {
		return []apiError{invalid(field+".email", "Does not contain a valid address.")}
	}
	return nil
}

func checkPersonalizations(r request) []apiError {
	if len(r.Personalizations) == 0 || len(r.Personalizations) > 1000 {
		return []apiError{invalid("personalizations", "There must be between 1 and 1000 personalizations.")}
	}
	var errs []apiError
	for i, p := range r.Personalizations {
		field := fmt.Sprintf("personalizations.%d", i)
		if len(p.To) == 0 {
			errs = append(errs, invalid(field+".to", "The to array is required for all personalization objects, and must have at least one email object."))
		}
		var seen []string
		for j, a := range p.To {
			errs = append(errs, checkAddress(fmt.Sprintf("%s.to.%d", field, j), a)...)
		}
		for _, a := range p.recipients() {
			email := strings.ToLower(a.Email)
			if slices.Contains(seen, email) {
				errs = append(errs, invalid(field, "Each email address in the personalization block should be unique between to, cc, and bcc."))
			}
			seen = append(seen, email)
		}
		if subject := cmp.Or(p.Subject, r.Subject); subject == "" || strings.ContainsAny(subject, "\r\n") {
			errs = append(errs, invalid("subject", "The subject is required, as one line."))
		}
	}
	return errs
}

func checkContent(parts []content) []apiError {
	if len(parts) == 0 {
		return []apiError{invalid("content", "The content parameter is required.")}
	}
	var errs []apiError
	var types []string
	for i, part := range parts {
		if part.Type == "" || strings.ContainsAny(part.Type, "\r\n;") {
			errs = append(errs, invalid(fmt.Sprintf("content.%d.type", i), "The content type must be a media type."))
		}
		if part.Value == "" {
			errs = append(errs, invalid(fmt.Sprintf("content.%d.value", i), "The content value must be a string at least one character in length."))
		}
		types = append(types, part.Type)
	}
	text, html := slices.Index(types, "text/plain"), slices.Index(types, "text/html")
	if text > 0 || html > 1 || html == 1 && text != 0 {
		errs = append(errs, invalid("content", "If present, text/plain must be first, followed by text/html, followed by any other content."))
	}
	return errs
}

// checkLabels checks categories, custom arguments and headers.
func checkLabels(r request) []apiError {
	var errs []apiError
	if len(r.Categories) > 10 {
		errs = append(errs, invalid("categories", "There is a limit of 10 categories."))
	}
	for i, category := range r.Categories {
		if category == "" || len(category) > 255 || slices.Contains(r.Categories[:i], category) {
			errs = append(errs, invalid(fmt.Sprintf("categories.%d", i), "A category has 1 to 255 characters and is named once."))
		}
	}
	size := 0
	for key, value := range r.CustomArgs {
		size += len(key) + len(value)
	}
	if size >= 10000 {
		errs = append(errs, invalid("custom_args", "The custom arguments must be fewer than 10,000 bytes."))
	}
	// What SendGrid writes itself.
	reserved := []string{
		"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
		"to", "from", "subject", "reply-to", "cc", "bcc",
	}
	for name := range r.Headers {
		if slices.Contains(reserved, strings.ToLower(name)) {
			errs = append(errs, invalid("headers", "The headers must not contain reserved names."))
		}
	}
	return errs
}
