// Package station is the domain of a city's youth talent station: cases and
// the acts that people do on them, tasks, panels, access, each process's form
// and terms, and [Service], the one door for acting.
//
// It knows no SQL, no HTTP and no Temporal: what it needs of them it asks for
// through the ports in ports.go. It is not the place for words that people
// read (station/locale) nor for the order of a procedure (workflows).
package station
