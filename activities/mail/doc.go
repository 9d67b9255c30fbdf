// Package mail renders the station's e-mails and sends them by SendGrid's v3 API.
//
// [Render] turns a [Message] into a subject, a text part and an HTML part. The words of each mail are written once per
// language, in templates/LANGUAGE/NAME.tmpl, as plain paragraphs in named blocks; two layouts turn the blocks into text
// and HTML, so the two parts can never say different things. [Templates] lists the names.
//
// [Sender.Send] makes one attempt and says, by the [Class] of its [SendError], what an attempt that failed allows: never
// again, later, or first find out whether it arrived. It neither waits nor retries; the activity that calls it does, so
// that a wait survives a restart.
//
// [VerifySignature] and [ParseEvents] read SendGrid's event webhook, by which a notice becomes delivered or bounced.
//
// The package keeps no state, knows no case and reads no database: who is told what, in which language, and whether a
// notice was sent before, are decided by its caller. No error it returns holds a name, an address or a word a person
// wrote, because errors of activities are kept in Temporal's histories.
package mail
