// Package chart draws the charts of reports, as SVG that prints well: its text
// is real and its colours differ in grey too. A screen reader finds a title and,
// in words, every figure that is drawn. It needs no style of its own: a page's
// Content-Security-Policy need not allow it one.
//
// What is counted, and what it is called, is not this package's.
package chart
