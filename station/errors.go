package station

import (
	"errors"
	"fmt"
	"strings"
)

// Code is the class of an [Error]; the edge turns it into a status.
type Code string

// The codes. Any error that is not an [Error] is internal.
const (
	Invalid      Code = "invalid"      // the request breaks a rule; Fields says where
	Unauthorized Code = "unauthorized" // nobody is known behind the request
	Forbidden    Code = "forbidden"    // seen, but not theirs to do
	NotFound     Code = "not_found"    // not there, or not theirs to see
	Conflict     Code = "conflict"     // right in form, but the world has moved on
	Gone         Code = "gone"         // a link used or expired
	Unavailable  Code = "unavailable"  // the database cannot be reached
)

// Error is the one error of the domain. Message is plain English for the log;
// Key names the words in station/locale that a person reads.
type Error struct {
	Code    Code
	Key     string
	Message string
	Fields  []Field
}

// Field is one wrong value of a request: where it is (a JSON pointer without
// the leading slash), and which rule it breaks (a key of station/locale). Detail
// says more in plain English, for the log. Named is what people call what the rule
// names by its code, where that has a name.
type Field struct {
	Path   string
	Rule   string
	Detail string
	Named  Text
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an error whose key is its code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Key: string(code), Message: fmt.Sprintf(format, args...)}
}

// Refuse makes an error with a key of its own.
func Refuse(code Code, key, format string, args ...any) *Error {
	return &Error{Code: code, Key: key, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of err, or "" for an internal error.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// BadField is an error about one value of a request.
func BadField(path, rule string) error {
	return fields{{Path: path, Rule: rule}}.err()
}

// fields collects what is wrong with a request.
type fields []Field

func (f *fields) add(when bool, path, rule string) {
	if when {
		*f = append(*f, Field{Path: path, Rule: rule})
	}
}

func (f fields) err() error {
	if len(f) == 0 {
		return nil
	}
	said := []string{fmt.Sprintf("%d invalid field(s), first %s: %s", len(f), f[0].Path, f[0].Rule)}
	for _, one := range f {
		if one.Detail != "" {
			said = append(said, one.Path+": "+one.Detail)
		}
	}
	return &Error{Code: Invalid, Key: "invalid", Message: strings.Join(said, "; "), Fields: f}
}
