-- +goose Up
-- Settlement: the catalogue of services, talents' papers, and how each service of a settlement stands.

CREATE TABLE paper_kinds (
    code     text PRIMARY KEY,
    position int  NOT NULL,                              -- in the catalogue
    kind     jsonb NOT NULL                              -- station.PaperKind
);

CREATE TABLE providers (
    code     text PRIMARY KEY,
    position int  NOT NULL,
    branch   text NOT NULL REFERENCES branches (code),
    provider jsonb NOT NULL                              -- station.Provider
);

CREATE TABLE offers (
    code     text PRIMARY KEY,
    position int  NOT NULL,
    offer    jsonb NOT NULL                              -- station.Offer
);

ALTER TABLE accounts ADD COLUMN provider text REFERENCES providers (code);
ALTER TABLE tasks ADD COLUMN provider text REFERENCES providers (code); -- of a provider's task: whose people do it
ALTER TABLE tasks ADD COLUMN managed boolean NOT NULL DEFAULT false;    -- it goes with the management of its settlement
CREATE INDEX inbox_of_provider ON tasks (provider, due, id) WHERE status = 'open' AND provider IS NOT NULL;
CREATE INDEX inbox_of_provider_by_kind ON tasks (provider, kind, due, id) WHERE status = 'open' AND provider IS NOT NULL;

-- Of a service: who is asked to perform it now, as services has it; lists of a provider's cases go by it.
ALTER TABLE cases ADD COLUMN provider text REFERENCES providers (code);
CREATE INDEX cases_of_provider ON cases (provider, id DESC NULLS LAST) WHERE provider IS NOT NULL;
CREATE INDEX cases_of_provider_by_stage ON cases (provider, stage, id DESC NULLS LAST) WHERE provider IS NOT NULL;
CREATE INDEX cases_of_provider_by_status ON cases (provider, status, id DESC NULLS LAST) WHERE provider IS NOT NULL;
CREATE INDEX cases_of_provider_by_due ON cases (provider, due, id) WHERE provider IS NOT NULL AND due IS NOT NULL;
CREATE INDEX cases_of_provider_by_number ON cases (provider, number DESC NULLS LAST) WHERE provider IS NOT NULL;

-- The newest paper of each kind that a talent has given.
CREATE TABLE papers (
    account  uuid NOT NULL REFERENCES accounts (id),
    kind     text NOT NULL REFERENCES paper_kinds (code),
    document uuid NOT NULL REFERENCES documents (id),
    until    date,                                       -- the last day on which it is good
    given_at timestamptz NOT NULL,
    PRIMARY KEY (account, kind)
);

CREATE TABLE settlements (
    case_id   uuid PRIMARY KEY REFERENCES cases (id),
    account   uuid NOT NULL REFERENCES accounts (id),
    programme text NOT NULL REFERENCES programmes (code),
    branch    text NOT NULL REFERENCES branches (code),
    manager   uuid REFERENCES accounts (id),
    ended     boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX one_settlement_at_a_time ON settlements (account, programme) WHERE NOT ended;
CREATE INDEX settlements_of_account ON settlements (account);
CREATE INDEX settlements_of_manager ON settlements (manager) WHERE NOT ended;

-- What was chosen, and how it stands. case_id is the service's own case, once it has begun.
CREATE TABLE services (
    settlement uuid NOT NULL REFERENCES settlements (case_id),
    code       text NOT NULL REFERENCES offers (code),
    attempt    int  NOT NULL DEFAULT 1,                  -- one that had ended can be chosen again
    position   int  NOT NULL,                            -- in the order in which they were chosen
    added      uuid REFERENCES acts (id),                -- the act by which it was; NULL: it is in the form
    case_id    uuid REFERENCES cases (id) CONSTRAINT one_service_per_case UNIQUE,
    without    text[] NOT NULL DEFAULT '{}',             -- what it needs and that is not done
    state      text NOT NULL DEFAULT 'chosen' CONSTRAINT service_state CHECK (state IN
               ('chosen', 'asked', 'accepted', 'trouble', 'done', 'waived', 'undoing', 'undone', 'ended')),
    reason     text NOT NULL DEFAULT '',
    provider   text REFERENCES providers (code),
    stars      int  CONSTRAINT stars_of_five CHECK (stars BETWEEN 1 AND 5),
    rated_at   timestamptz,
    PRIMARY KEY (settlement, code, attempt)
);

-- +goose StatementBegin
CREATE FUNCTION note_provider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases SET provider = NEW.provider WHERE id = NEW.case_id AND provider IS DISTINCT FROM NEW.provider;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER service_is_its_providers AFTER INSERT OR UPDATE OF provider, case_id ON services FOR EACH ROW
    WHEN (NEW.case_id IS NOT NULL) EXECUTE FUNCTION note_provider();

-- Each time that a provider was asked to perform a service: nobody is asked twice for the same.
CREATE TABLE requests (
    service     uuid NOT NULL REFERENCES services (case_id),
    ordinal     int  NOT NULL,
    provider    text NOT NULL REFERENCES providers (code),
    asked_at    timestamptz NOT NULL,
    accepted_at timestamptz,
    ended_at    timestamptz,
    answer      text NOT NULL DEFAULT '' CONSTRAINT request_answer CHECK (answer IN ('', 'completed', 'refused', 'late', 'cancelled')),
    on_time     boolean,                                 -- of a completed one: before its task was due
    CONSTRAINT one_request_per_ordinal PRIMARY KEY (service, ordinal),
    CONSTRAINT request_ends_somehow CHECK ((ended_at IS NULL) = (answer = ''))
);
CREATE INDEX requests_of_provider ON requests (provider, asked_at);
