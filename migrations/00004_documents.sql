-- +goose Up
-- Uploaded documents: who handed in what, and which cases it serves. The files themselves are kept elsewhere, by their key.

CREATE TABLE documents (
    id          uuid PRIMARY KEY,
    owner       uuid NOT NULL REFERENCES accounts (id),
    name        text NOT NULL,     -- '' once erased
    media_type  text NOT NULL,
    size        bigint NOT NULL CONSTRAINT document_size CHECK (size BETWEEN 1 AND 20971520),
    sha256      bytea NOT NULL CONSTRAINT document_sha256 CHECK (octet_length(sha256) = 32),
    key         text NOT NULL CONSTRAINT one_document_per_file UNIQUE,
    uploaded_at timestamptz NOT NULL,
    erased_at   timestamptz
);
CREATE UNIQUE INDEX one_document_per_content ON documents (owner, sha256) WHERE erased_at IS NULL;
CREATE INDEX documents_of_owner ON documents (owner, id DESC NULLS LAST) WHERE erased_at IS NULL;

-- What an upload's key was used for.
CREATE TABLE document_requests (
    owner       uuid NOT NULL REFERENCES accounts (id),
    request_key text NOT NULL,
    document    uuid NOT NULL REFERENCES documents (id),
    PRIMARY KEY (owner, request_key)
);

CREATE TABLE case_documents (
    case_id  uuid NOT NULL REFERENCES cases (id),
    document uuid NOT NULL REFERENCES documents (id),
    at       timestamptz NOT NULL,
    PRIMARY KEY (case_id, document)
);
CREATE INDEX cases_of_document ON case_documents (document);
