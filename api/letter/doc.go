// Package letter sets letters of appointment (聘书): as a PDF that an office
// would sign, and as the page on which anybody can verify one.
//
// A PDF is one page of A4 in both languages. Its text is real: it can be
// selected, searched and read aloud, Chinese too, and [Text] is what it says.
// However long a name is, it finds room: first it is made smaller, then broken
// into lines, then all around it is made smaller. What the fonts lack is marked;
// package font says what they have.
//
// How a letter is found, and who may see it, is not this package's: it is given
// one, and the address at which it can be verified.
package letter
