// Package files keeps the content of documents: in a folder, or in a bucket of
// an object store. What is known of a document is in PostgreSQL.
//
// A file is written whole or not at all, and before its document is. So there
// can be files without a document, when a process dies between the two; they
// harm nobody. They are the files whose key is in no row:
//
//	SELECT key FROM documents WHERE erased_at IS NULL
//
// A key is XX/SHA256-ID: whether a file is still what was uploaded can be told
// by its name, with sha256sum.
//
// It is not the place for who may read a document (station).
package files
