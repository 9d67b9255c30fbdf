// Package codec encrypts what Wutong hands to Temporal: workflow inputs and results, signals, activity inputs and results,
// heartbeats, memo, and the messages and stack traces of failures.
//
// It is not what keeps a person's words out of Temporal; the design does that by passing IDs only. The codec is the second wall
// behind it. Search attributes, workflow IDs, types and error types are never encrypted: the server must read them.
//
// # The seal
//
// A payload is serialised whole, metadata included, and sealed with AES-256-GCM under a random nonce. The sealed payload's metadata
// carries three things in the clear, and all three are authenticated with the ciphertext:
//
//	encoding        binary/wutong-aes256gcm-v1
//	wutong-key      the ID of the key, so that keys can be rotated
//	wutong-case     the workflow ID that the payload belongs to; absent when the SDK named none
//
// Only the first key of a [Keyring] seals; every key opens. To rotate: add the new key at the end everywhere, then move it to the
// front everywhere, and keep the old one for as long as any workflow or retained history was sealed with it. A random nonce is safe
// for 2³² payloads under one key (NIST SP 800-38D, 8.3): rotate long before that.
//
// A payload without the codec's encoding is passed through unread. Histories from before encryption was switched on therefore stay
// readable, and the seal is no defence against a person who may write to the namespace: he can send plain payloads anyway. What a
// forged signal may do is decided by its row in `acts`, not here.
//
// # Which case a payload belongs to
//
// The SDK (1.50) names the workflow on both sides of almost every payload, by [converter.WorkflowSerializationContext] and
// [converter.ActivitySerializationContext]. When it names one and the seal names another, opening fails with [ErrOtherCase]: a payload
// copied from another case is refused. These are the situations in which both sides do not simply name the same workflow, as read in
// the SDK's source and fixed by this package's tests:
//
//   - Activities, local activities, their heartbeats, failures and markers: an activity's context names its workflow, so workflow
//     and activity contexts are interchangeable here. An activity completed from outside by task token has no workflow ID unless
//     the caller gives it (CompleteActivityWithOptions); without one the result is sealed for no case.
//   - Child workflows: input, result and failure are sealed for the child, and the parent opens them in the child's context. The
//     child's memo and its static summary and details are sealed for the parent: they can be read without a context (in the UI), but
//     Describe on the child refuses its summary. Do not use them for children.
//   - Signals to another workflow are sealed for the one that receives them.
//   - Continue-as-new and reset keep the workflow ID. Memo is carried over as it was sealed.
//   - Schedules: the action is sealed for the ID it names, and the server appends the time, "sweep-2026-03-01T00:01:00Z"; a run is also
//     handed the result of the run before it. So IDs that differ only by such an ending count as one. A case's ID is a bare UUID and
//     is no schedule's, so this lets nothing pass between cases. A schedule that is renamed needs its arguments given anew.
//   - No context: the details of a cancelled workflow, the failure of a workflow task, Nexus, memo of a schedule, the UI's codec
//     endpoint. Sealing without a context seals for no case, and such a payload opens anywhere; opening without a context believes
//     the case in the metadata, which is authenticated, so nothing sealed for one case can be relabelled for another.
//   - Failures that travel: a parent that returns its child's error would write words sealed for the child into its own history.
//     The failure converter seals them anew for the workflow that passes them on, and it withholds, when it reads a failure, every
//     part that was sealed for another case, so that sealing anew never launders a copied one.
//
// The namespace is not part of the seal: workflow IDs are unique across namespaces, and a namespace may be restored under another
// name.
//
// # When a key is missing
//
// A worker that lacks a key must not decide anything. In an activity or a client, opening fails with [ErrUnknownKey]; activities are
// retried. In workflow code the same error would look like a business failure and could end a case, so there the data converter
// panics: the SDK fails the workflow task, not the workflow, and retries until the key is there. All other refusals are errors, since
// waiting would not mend them. Failures are read more gently, since their type is never encrypted and is what a workflow decides by:
// a message that does not open reads "Encoded failure". A signal that does not open is dropped by the SDK with a log line and the metric
// temporal_corrupted_signals.
//
// MutableSideEffect compares a nil value by its encoded form, which is different on each encoding here: return a value, not nil.
package codec
