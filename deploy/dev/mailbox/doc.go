// Package mailbox stands in for SendGrid on a developer's machine: it takes mail at POST /v3/mail/send as SendGrid does,
// keeps it, and shows it.
//
//	GET    /                 the messages in a browser, newest first; ?q= searches recipients
//	GET    /messages/{id}    one message: its HTML and text parts, headers and custom arguments
//	GET    /api/messages     the same as JSON, for tests: ?to=&template=&notice=, newest first
//	DELETE /api/messages     empties the mailbox
//	GET    /api/duplicates   the notices that were mailed more than once
//	POST   /api/fail         makes the next sends fail, see Failure
//
// It refuses what SendGrid is known to refuse, so that a broken request is found here and not in production, and it can
// report each delivery to the event webhook, signed with a key of its own.
//
// It delivers nothing, knows no users beyond one API key, and trusts whoever can reach its address: serve it on the
// loopback interface only. It uses nothing but the standard library.
package mailbox
