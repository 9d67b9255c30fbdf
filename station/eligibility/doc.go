// Package eligibility reads the conditions of a programme, which are written in
// CEL (cel.dev), and answers them for one application.
//
// A condition looks at what [Facts] hold, by name: company.registeredOn,
// team.share, today. What it names is known when it is compiled, so a name that
// is not there, or a comparison of a number with a text, is an [Error] with line
// and column before any application is looked at. There are no loops in it, and
// what it costs is limited.
//
// It is not for the words of a rule, nor for what follows from it: those are the
// station's.
package eligibility
