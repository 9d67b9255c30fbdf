// Package codecproxy lets the Temporal UI in a browser read encrypted payloads in the development stack.
//
// The browser sends payloads to a codec endpoint. The product's endpoint wants an operator's token, which the UI does not
// have; this forwarder, on loopback, adds it. Only the UI's own pages may use it: another page in the same browser could
// otherwise decrypt what it got hold of.
//
// Production needs none of this: there the UI signs its users in and passes their tokens on.
package codecproxy
