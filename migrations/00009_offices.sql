-- +goose Up
-- Ambassadors: their offices, their letters of appointment, and the referrals that name them.

ALTER TABLE institutions
    ADD COLUMN place_zh text NOT NULL DEFAULT '',
    ADD COLUMN place_en text NOT NULL DEFAULT '',
    ADD COLUMN land     text NOT NULL DEFAULT ''; -- ISO 3166-1 alpha-2

CREATE TABLE offices (
    case_id     uuid PRIMARY KEY REFERENCES cases (id),
    account     uuid NOT NULL REFERENCES accounts (id),
    branch      text NOT NULL REFERENCES branches (code),
    institution text NOT NULL REFERENCES institutions (code),
    status      text NOT NULL CONSTRAINT office_status CHECK (status IN ('active', 'resigned', 'ended', 'revoked')),
    since       timestamptz NOT NULL,
    until       timestamptz NOT NULL
);
CREATE INDEX offices_of_institution ON offices (institution, branch, until) WHERE status = 'active';
CREATE INDEX offices_of_branch ON offices (branch, institution, case_id) WHERE status = 'active';
CREATE UNIQUE INDEX one_office_at_a_time ON offices (account) WHERE status = 'active';

-- A letter says for ever what it said when it was issued.
CREATE TABLE letters (
    code      text PRIMARY KEY,                          -- not to be guessed
    number    text NOT NULL CONSTRAINT one_letter_per_number UNIQUE,
    case_id   uuid NOT NULL REFERENCES cases (id),
    ordinal   int  NOT NULL,
    act       uuid REFERENCES acts (id),                 -- that brought it about
    words     jsonb NOT NULL,                            -- station.AppointmentWords
    institution text NOT NULL REFERENCES institutions (code),
    issued_at timestamptz NOT NULL,
    until     timestamptz NOT NULL,
    ended_at  timestamptz,
    ended     text NOT NULL DEFAULT '' CONSTRAINT letter_end CHECK (ended IN ('', 'ended', 'replaced', 'revoked')),
    CONSTRAINT one_letter_per_ordinal UNIQUE (case_id, ordinal),
    CONSTRAINT one_letter_per_act UNIQUE (case_id, act),
    CONSTRAINT letter_ends_somehow CHECK ((ended_at IS NULL) = (ended = ''))
);

CREATE TABLE ambassador_referrals (
    case_id uuid PRIMARY KEY REFERENCES cases (id),
    office  uuid NOT NULL REFERENCES offices (case_id)
);
CREATE INDEX referrals_of_office ON ambassador_referrals (office);
