package api

import (
	"errors"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"wutong/station"
)

// Huma's validator speaks English sentences. They are its to be replaced: here
// by rules in the station's own spelling, so that locale has words for both.
// What follows a bar is for nobody.
func init() {
	validation.MsgUnexpectedProperty = "not_expected"
	validation.MsgExpectedRequiredProperty = "required|%s"
	validation.MsgExpectedBoolean = "boolean"
	validation.MsgExpectedNumber = "number"
	validation.MsgExpectedInteger = "integer"
	validation.MsgExpectedString = "text"
	validation.MsgExpectedArray = "list"
	validation.MsgExpectedObject = "object"
	validation.MsgExpectedOneOf = "one_of:%s"
	validation.MsgExpectedMinimumNumber = "at_least_%v"
	validation.MsgExpectedMaximumNumber = "at_most_%v"
	validation.MsgExpectedMinLength = "at_least_%d_characters"
	validation.MsgExpectedMaxLength = "at_most_%d_characters"
	validation.MsgExpectedMinItems = "at_least_%d_items"
	validation.MsgExpectedMaxItems = "at_most_%d_items"
	validation.MsgExpectedMatchPattern = "format|%s"
	validation.MsgExpectedRFC3339Date = "date"
	validation.MsgExpectedRFC3339DateTime = "date_time"
	validation.MsgExpectedRFC5322Email = "email|%v"
	validation.MsgExpectedRFC3986URI = "web_address|%v"
}

// spoken are the sentences that huma does not let us replace.
var spoken = map[string]string{
	"invalid integer":         "integer",
	"unknown query parameter": "not_expected",

	"required query parameter is missing": "required",
}

// humaFields reads what huma's validator found.
func humaFields(errs []error) []station.Field {
	var fields []station.Field
	for _, err := range errs {
		var d *huma.ErrorDetail
		if !errors.As(err, &d) {
			continue
		}
		rule, rest, _ := strings.Cut(d.Message, "|")
		path := pointer(d.Location)
		switch {
		case rule == "required":
			path = strings.TrimPrefix(path+"/"+rest, "/")
		case strings.HasPrefix(rule, "invalid date/time"):
			rule = "date_time"
		case spoken[rule] != "":
			rule = spoken[rule]
		case strings.HasPrefix(rule, "one_of:"):
			rule = strings.ReplaceAll(rule, ", ", ",")
		case strings.Contains(rule, " "): // a sentence we have not met
			rule = "format"
		}
		fields = append(fields, station.Field{Path: path, Rule: rule})
	}
	return fields
}

// pointer turns huma's "body.scores[0].points" into "scores/0/points", and
// "query.limit" into "limit".
func pointer(location string) string {
	_, path, _ := strings.Cut(location, ".")
	path = strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(path)
	if runes := []rune(path); len(runes) > 200 {
		path = string(runes[:200])
	}
	return path
}

// ruleCode is a rule without its numbers and lists: "at_most_characters" of
// "at_most_5000_characters", "one_of" of "one_of:a,b", "between" of
// "between_1_and_20".
func ruleCode(rule string) string {
	name, _, _ := strings.Cut(rule, ":")
	var parts []string
	numbers := 0
	for part := range strings.SplitSeq(name, "_") {
		if _, err := strconv.Atoi(part); err == nil {
			numbers++
		} else if part != "and" || numbers == 0 {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "_")
}
