// Package locale holds every word a person reads, in Chinese (zh-CN) and
// English, and how a date, a time and an amount are written.
//
// The words lie in flat JSON files, LANGUAGE/SUBJECT.json, whose keys begin
// with a family: kind, stage, status, event, task, reason, error, rule, link
// and so on. The family and a constant of package station make a key
// ("stage.review"); a process brings a file of its own, in both languages.
//
// It is not the place for the words of mails (activities/mail/templates) nor
// for what a programme's owner wrote, which is in the programme's data.
package locale
