-- +goose Up
-- What a grant needs of a case: recommended tiers, forms that an answer changes, awards on public notice.

ALTER TABLE reviews ADD COLUMN tier bigint NOT NULL DEFAULT 0; -- recommended, in fen; 0: none

-- A form as it was before an answer changed it.
CREATE TABLE amendments (
    act     uuid PRIMARY KEY REFERENCES acts (id),
    case_id uuid NOT NULL REFERENCES cases (id),
    form    jsonb,                  -- NULL once erased
    at      timestamptz NOT NULL
);
CREATE INDEX amendments_of_case ON amendments (case_id);

CREATE INDEX tasks_on_show ON tasks (due, id) WHERE kind = 'notice' AND status = 'open';
