-- +goose Up
-- Mails that are to be sent, and the talent reserve.

CREATE TABLE notices (
    id         uuid PRIMARY KEY,
    key        text NOT NULL CONSTRAINT one_mail_per_fact UNIQUE, -- case/occasion/template/recipient
    case_id    uuid NOT NULL REFERENCES cases (id),
    template   text NOT NULL,
    account    uuid REFERENCES accounts (id),
    party      text NOT NULL DEFAULT '',
    task       text NOT NULL DEFAULT '',
    act        uuid,
    status     text NOT NULL,
    attempts   int  NOT NULL DEFAULT 0,
    next_at    timestamptz NOT NULL,
    claimed_at timestamptz,
    message_id text NOT NULL DEFAULT '',
    problem    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    sent_at    timestamptz,
    CONSTRAINT notice_has_a_recipient CHECK (account IS NOT NULL OR party <> '')
);
CREATE INDEX notices_to_send ON notices (next_at) WHERE status = 'queued';
CREATE INDEX notices_in_doubt ON notices (claimed_at) WHERE status = 'sending';
CREATE INDEX notices_of_case ON notices (case_id);

-- What the mail service reported, each report once.
CREATE TABLE deliveries (
    id     text PRIMARY KEY,
    notice uuid NOT NULL REFERENCES notices (id),
    kind   text NOT NULL,
    at     timestamptz NOT NULL
);

CREATE TABLE talents (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id) CONSTRAINT one_entry_per_case UNIQUE,
    name        text NOT NULL,
    name_keys   text[] NOT NULL,
    name_search text NOT NULL,
    email       text NOT NULL,
    phone       text NOT NULL,
    institution text NOT NULL,
    field       text NOT NULL,
    branch      text NOT NULL REFERENCES branches (code),
    grade       text NOT NULL,
    score       double precision NOT NULL,
    entered_at  timestamptz NOT NULL
);
-- NULLS LAST as in cases: for the sake of the plans.
CREATE INDEX talents_by_branch ON talents (branch, id DESC NULLS LAST);
CREATE INDEX talents_by_grade ON talents (branch, grade, id DESC NULLS LAST);
CREATE INDEX talents_by_field ON talents (branch, lower(field), id DESC NULLS LAST);
CREATE INDEX talents_by_institution ON talents (branch, institution, id DESC NULLS LAST);
CREATE INDEX talents_of_institution ON talents (institution); -- where duplicates are looked for, whatever the branch
CREATE INDEX talents_by_email ON talents (lower(email));
CREATE INDEX talents_by_name ON talents USING gin (name_search public.gin_trgm_ops);
CREATE INDEX talents_by_name_key ON talents USING gin (name_keys);

-- Who is credited for a talent: the referrer, and those who referred them again.
CREATE TABLE credits (
    case_id uuid NOT NULL REFERENCES cases (id), -- the case by which the talent came
    account uuid NOT NULL REFERENCES accounts (id),
    role    text NOT NULL CONSTRAINT credit_role CHECK (role IN ('referrer', 'co_referrer')),
    of_case uuid NOT NULL REFERENCES cases (id), -- the case that earned it
    CONSTRAINT credited_once PRIMARY KEY (case_id, account)
);
