-- +goose Up
-- What the rules of eligibility said of a case, each time it was assessed.
CREATE TABLE assessments (
    case_id  uuid NOT NULL REFERENCES cases (id),
    round    int  NOT NULL,
    code     text NOT NULL,         -- the rule's
    passed   boolean NOT NULL,
    advisory boolean NOT NULL,
    saw      jsonb NOT NULL,        -- the values that the rule looked at, by path; {} once erased
    at       timestamptz NOT NULL,
    CONSTRAINT one_answer_per_rule PRIMARY KEY (case_id, round, code)
);
