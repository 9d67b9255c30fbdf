-- +goose Up
-- The angel hub: its members, what they have a stake in, votes, and pitch rounds.

CREATE TABLE angels (
    account    uuid PRIMARY KEY REFERENCES accounts (id),
    case_id    uuid REFERENCES cases (id),    -- by which they were admitted; NULL for a founding member
    branch     text NOT NULL REFERENCES branches (code),
    status     text NOT NULL CONSTRAINT member_status CHECK (status IN ('active', 'suspended', 'left', 'ended', 'revoked')),
    fields     text[] NOT NULL DEFAULT '{}',
    public     boolean NOT NULL DEFAULT false,
    since      timestamptz NOT NULL,
    until      timestamptz
);
CREATE INDEX angels_of_branch ON angels (branch, account) WHERE status = 'active';

-- What a member has a stake in. key is what a project is compared by: a credit code or an institution's code, or a name in
-- lower case; keys those of a person's name.
CREATE TABLE interests (
    account uuid NOT NULL REFERENCES accounts (id),
    kind    text NOT NULL CONSTRAINT interest_kind CHECK (kind IN ('company', 'institution', 'person')),
    key     text NOT NULL,
    said    text NOT NULL,
    keys    text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (account, kind, key)
);
CREATE INDEX interests_by_key ON interests (kind, key);
CREATE INDEX interests_by_keys ON interests USING gin (keys) WHERE kind = 'person';

-- Who has said what of a conflict in a project; also by an interest that the member had declared. A conflict is never lifted.
CREATE TABLE declarations (
    case_id  uuid NOT NULL REFERENCES cases (id),
    account  uuid NOT NULL REFERENCES accounts (id),
    conflict text NOT NULL CONSTRAINT known_conflict
             CHECK (conflict IN ('none', 'employer', 'family', 'invested', 'competitor', 'other', 'interest')),
    act      uuid REFERENCES acts (id),       -- NULL for a declared interest
    at       timestamptz NOT NULL,
    CONSTRAINT one_declaration_per_angel PRIMARY KEY (case_id, account)
);
CREATE INDEX conflicts_in_case ON declarations (case_id, account) WHERE conflict <> 'none'; -- few: whose scores do not count
CREATE INDEX declarations_of_account ON declarations (account, case_id, conflict);

-- Votes and commitments: the last one of a member on a case's stage counts.
CREATE TABLE ballots (
    case_id uuid NOT NULL REFERENCES cases (id),
    stage   text NOT NULL,
    account uuid NOT NULL REFERENCES accounts (id),
    verdict text NOT NULL,
    fen     bigint NOT NULL DEFAULT 0 CONSTRAINT commitment_not_negative CHECK (fen >= 0),
    task    text NOT NULL REFERENCES tasks (id),
    act     uuid NOT NULL REFERENCES acts (id),
    at      timestamptz NOT NULL,
    CONSTRAINT one_ballot_per_member PRIMARY KEY (case_id, stage, account)
);
CREATE INDEX ballots_of_account ON ballots (account, case_id, stage);

-- A round. code is also that of the programme by which projects apply.
CREATE TABLE rounds (
    code      text PRIMARY KEY REFERENCES programmes (code),
    case_id   uuid NOT NULL REFERENCES cases (id) CONSTRAINT one_round_per_case UNIQUE,
    branch    text NOT NULL REFERENCES branches (code),
    phase     text NOT NULL CONSTRAINT round_phase
              CHECK (phase IN ('call', 'screening', 'seats', 'pitches', 'deliberation', 'closing', 'ended')),
    capacity  int  NOT NULL,
    times     jsonb NOT NULL,
    match_cap bigint NOT NULL DEFAULT 0,           -- fen, in the whole round
    matched   bigint NOT NULL DEFAULT 0,           -- fen, reserved or paid
    CONSTRAINT matches_within_the_cap CHECK (matched BETWEEN 0 AND match_cap)
);
CREATE INDEX rounds_of_branch ON rounds (branch, code);

-- A project in its round.
CREATE TABLE pitches (
    case_id   uuid PRIMARY KEY REFERENCES cases (id),
    round     text NOT NULL REFERENCES rounds (code),
    seat      text NOT NULL DEFAULT '' CONSTRAINT known_seat CHECK (seat IN ('', 'invited', 'waiting', 'confirmed')),
    place     int  NOT NULL DEFAULT 0,             -- by its screening, when the seats were given, from 1
    running   int  NOT NULL DEFAULT 0,             -- in the order of the pitch day, from 1
    attended  boolean NOT NULL DEFAULT false,
    lead      uuid REFERENCES accounts (id),       -- of its syndicate
    members   uuid[] NOT NULL DEFAULT '{}',
    committed bigint NOT NULL DEFAULT 0,           -- fen, by the syndicate
    match     bigint NOT NULL DEFAULT 0,           -- fen, by the fund
    ended     boolean NOT NULL DEFAULT false,
    CONSTRAINT amounts_not_negative CHECK (committed >= 0 AND match >= 0)
);
CREATE INDEX pitches_of_round ON pitches (round, case_id);
CREATE UNIQUE INDEX one_project_per_running_place ON pitches (round, running) WHERE running > 0;

-- Forms that are not handed in yet; gone when they are, or when the call closes.
CREATE TABLE drafts (
    account    uuid NOT NULL REFERENCES accounts (id),
    programme  text NOT NULL REFERENCES programmes (code),
    form       jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (account, programme)
);
CREATE INDEX drafts_of_programme ON drafts (programme);

-- Who opened a case that is another's now, whom they invited; and the key by which their request is known.
CREATE TABLE invitations (
    case_id     uuid PRIMARY KEY REFERENCES cases (id),
    opened_by   uuid NOT NULL REFERENCES accounts (id),
    request_key text NOT NULL,
    CONSTRAINT one_invitation_per_key UNIQUE (opened_by, request_key)
);

-- What members of a hub see of it: projects with a seat, and admissions that they vote on.
CREATE INDEX pitches_with_a_seat ON pitches (case_id DESC NULLS LAST) WHERE seat = 'confirmed';
CREATE INDEX votes_of_hub ON tasks (branch, case_id) WHERE kind = 'vote';
