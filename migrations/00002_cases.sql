-- +goose Up
-- Cases, whom they concern, what people did, and what must be done.

-- Numbers as people read them: HZ-REFERRAL-2026-000123.
CREATE TABLE case_counters (
    branch text NOT NULL,
    kind   text NOT NULL,
    year   int  NOT NULL,
    last   int  NOT NULL,
    PRIMARY KEY (branch, kind, year)
);

CREATE TABLE cases (
    id           uuid PRIMARY KEY,
    number       text COLLATE "C" NOT NULL CONSTRAINT one_case_per_number UNIQUE, -- C: by its beginning, as a range
    kind         text NOT NULL,
    programme    text NOT NULL REFERENCES programmes (code),
    branch       text NOT NULL REFERENCES branches (code),
    applicant    uuid NOT NULL REFERENCES accounts (id),
    request_key  text NOT NULL,
    request_hash text NOT NULL,      -- '' once erased
    stage        text NOT NULL,
    status       text NOT NULL,
    reason       text NOT NULL DEFAULT '',
    due          timestamptz,
    form         jsonb,             -- the process's own answers; NULL once erased
    run          text,              -- the run that writes now; NULL until the workflow has begun
    event_seq    int  NOT NULL DEFAULT 0,
    event_head   text NOT NULL DEFAULT '',
    opened_at    timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    CONSTRAINT one_start_per_key UNIQUE (applicant, request_key)
);
-- Lists are read a branch (and a kind) at a time, a page from each: an index begins with what a list goes by and ends with its order.
-- NULLS LAST, though nothing is NULL: the primary key cannot serve that order, so no plan walks it in the hope of an early match.
CREATE INDEX cases_by_branch ON cases (branch, id DESC NULLS LAST);
CREATE INDEX cases_by_kind ON cases (branch, kind, id DESC NULLS LAST);
CREATE INDEX cases_by_stage ON cases (branch, kind, stage, id DESC NULLS LAST);
CREATE INDEX cases_by_status ON cases (branch, kind, status, id DESC NULLS LAST);
CREATE INDEX cases_by_programme ON cases (programme, branch, id DESC NULLS LAST);
CREATE INDEX cases_by_due ON cases (branch, due, id) WHERE due IS NOT NULL;
CREATE INDEX cases_by_number ON cases (branch, number DESC NULLS LAST);
CREATE INDEX cases_of_applicant ON cases (applicant, id DESC NULLS LAST);
CREATE INDEX cases_not_begun ON cases (opened_at) WHERE run IS NULL AND ended_at IS NULL;

-- The runs that wrote to a case, in the order in which they first did.
CREATE TABLE case_runs (
    case_id uuid NOT NULL REFERENCES cases (id),
    run     text NOT NULL,
    ordinal int  NOT NULL,
    PRIMARY KEY (case_id, run),
    CONSTRAINT one_run_at_a_time UNIQUE (case_id, ordinal)
);

-- Each change of a case is written once; what it answered is answered again.
CREATE TABLE changes (
    case_id  uuid NOT NULL REFERENCES cases (id),
    run      text NOT NULL,
    sequence int  NOT NULL,
    written  jsonb NOT NULL,
    PRIMARY KEY (case_id, run, sequence)
);

-- Whom a case concerns, and how to reach and recognise them.
CREATE TABLE parties (
    case_id     uuid NOT NULL REFERENCES cases (id),
    party       text NOT NULL,
    account     uuid REFERENCES accounts (id),
    name        text,
    email       text,
    phone       text,
    institution text,               -- a code, or a name in lower case
    field       text,
    language    text NOT NULL,
    name_keys   text[],
    name_search text,
    erased_at   timestamptz,
    PRIMARY KEY (case_id, party)
);
CREATE INDEX parties_by_email ON parties (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX parties_by_name_key ON parties USING gin (name_keys) WHERE name_keys IS NOT NULL;
CREATE INDEX parties_by_institution ON parties (institution, party) WHERE institution IS NOT NULL;

CREATE TABLE tasks (
    id        text PRIMARY KEY,
    case_id   uuid NOT NULL REFERENCES cases (id),
    kind      text NOT NULL,
    stage     text NOT NULL,
    role      text NOT NULL DEFAULT '',
    branch    text NOT NULL,
    party     text NOT NULL DEFAULT '',
    assignee  uuid REFERENCES accounts (id),
    status    text NOT NULL,
    due       timestamptz NOT NULL,
    wait      jsonb NOT NULL,
    held_at   timestamptz,          -- since when an inquiry stops its clock
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    details   jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT task_has_an_owner CHECK (role <> '' OR party <> '' OR assignee IS NOT NULL),
    CONSTRAINT task_ends_when_not_open CHECK ((status = 'open') = (closed_at IS NULL))
);
CREATE INDEX tasks_of_case ON tasks (case_id);
CREATE INDEX inbox_of_person ON tasks (assignee, due, id) WHERE status = 'open';
CREATE INDEX inbox_of_applicant ON tasks (case_id) WHERE status = 'open' AND party = 'applicant';
CREATE INDEX inbox_of_pool ON tasks (branch, role, due, id) WHERE status = 'open' AND assignee IS NULL AND role <> '';
CREATE INDEX inbox_of_pool_by_kind ON tasks (branch, role, kind, due, id) WHERE status = 'open' AND assignee IS NULL AND role <> '';
CREATE INDEX tasks_of_reviewer ON tasks (assignee, case_id DESC NULLS LAST) WHERE kind = 'review' AND status IN ('open', 'done');

CREATE TABLE acts (
    id         uuid PRIMARY KEY,
    case_id    uuid NOT NULL REFERENCES cases (id),
    task       text NOT NULL DEFAULT '',
    kind       text NOT NULL,
    actor      text NOT NULL,
    link       uuid,
    body       json,                -- as it was hashed; NULL once erased
    salt       bytea,               -- NULL once erased
    digest     text NOT NULL,
    request_hash text NOT NULL,      -- '' once erased
    at         timestamptz NOT NULL,
    status     text NOT NULL CONSTRAINT act_status CHECK (status IN ('pending', 'recorded', 'refused')),
    reason     text NOT NULL DEFAULT '',
    settled_at timestamptz,
    CONSTRAINT act_is_settled_once CHECK ((status = 'pending') = (settled_at IS NULL))
);
CREATE INDEX acts_of_case ON acts (case_id);
CREATE INDEX acts_pending ON acts (at) WHERE status = 'pending';

CREATE TABLE links (
    id         uuid PRIMARY KEY,
    task       text NOT NULL REFERENCES tasks (id) CONSTRAINT one_link_per_task UNIQUE,
    party      text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

CREATE TABLE reviews (
    case_id  uuid NOT NULL REFERENCES cases (id),
    task     text NOT NULL REFERENCES tasks (id),
    act      uuid NOT NULL REFERENCES acts (id),
    stage    text NOT NULL,
    reviewer uuid NOT NULL REFERENCES accounts (id),
    verdict  text NOT NULL,
    scores   jsonb NOT NULL,
    total    double precision NOT NULL CONSTRAINT total_between_0_and_100 CHECK (total BETWEEN 0 AND 100),
    at       timestamptz NOT NULL,
    CONSTRAINT one_verdict_per_reviewer PRIMARY KEY (case_id, stage, reviewer)
);
CREATE INDEX reviews_by_reviewer ON reviews (reviewer, case_id);

-- A case's history. A row is never changed: it carries the hash of the one before it.
CREATE TABLE events (
    case_id    uuid NOT NULL REFERENCES cases (id),
    seq        int  NOT NULL,
    at         timestamptz NOT NULL,
    kind       text NOT NULL,
    stage      text NOT NULL,
    actor      text NOT NULL,
    act        text NOT NULL,
    act_digest text NOT NULL,
    task       text NOT NULL,
    details    json NOT NULL,       -- json, not jsonb: kept as it was hashed
    prev       text NOT NULL,
    hash       text NOT NULL,
    PRIMARY KEY (case_id, seq)
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a case''s history is never changed' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_are_append_only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_are_never_emptied BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
