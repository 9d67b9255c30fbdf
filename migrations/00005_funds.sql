-- +goose Up
-- Funds: what may be spent, which awards have claimed it, and a ledger that only ever grows.

CREATE TABLE funds (
    code     text PRIMARY KEY,
    branch   text NOT NULL REFERENCES branches (code),
    name_zh  text NOT NULL,
    name_en  text NOT NULL,
    currency text NOT NULL CONSTRAINT fund_currency CHECK (currency ~ '^[A-Z]{3}$')
);

-- A fund in a year of the station's calendar, in fen. All but the budget follows from the ledger.
CREATE TABLE fund_years (
    fund     text NOT NULL REFERENCES funds (code),
    year     int  NOT NULL,
    budget   bigint NOT NULL,
    adjusted bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0, -- and not paid
    paid     bigint NOT NULL DEFAULT 0,
    repaid   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (fund, year),
    CONSTRAINT fund_amounts_not_negative CHECK (budget >= 0 AND reserved >= 0 AND paid >= 0 AND repaid >= 0),
    CONSTRAINT fund_not_overspent CHECK (budget + adjusted + repaid - reserved - paid >= 0)
);

-- What a case has of a fund, in fen. It follows from the ledger.
CREATE TABLE awards (
    case_id  uuid PRIMARY KEY REFERENCES cases (id),
    fund     text NOT NULL,
    year     int  NOT NULL,             -- of which it has what is reserved
    reserved bigint NOT NULL DEFAULT 0, -- and not paid
    paid     bigint NOT NULL DEFAULT 0,
    repaid   bigint NOT NULL DEFAULT 0,
    FOREIGN KEY (fund, year) REFERENCES fund_years (fund, year),
    CONSTRAINT award_not_overpaid CHECK (reserved >= 0),
    CONSTRAINT award_paid_not_negative CHECK (paid >= 0),
    CONSTRAINT award_repaid_at_most_what_was_paid CHECK (repaid BETWEEN 0 AND paid)
);

CREATE TABLE fund_entries (
    id        uuid PRIMARY KEY,
    fund      text NOT NULL,
    year      int  NOT NULL,
    seq       bigint NOT NULL,          -- within the fund, from 1; given by the database
    kind      text NOT NULL CONSTRAINT entry_kind CHECK (kind IN ('reserve', 'release', 'pay', 'repay', 'adjust')),
    fen       bigint NOT NULL,
    case_id   uuid REFERENCES cases (id),
    tranche   int  NOT NULL DEFAULT 0 CONSTRAINT entry_tranche_not_negative CHECK (tranche >= 0),
    actor     text NOT NULL DEFAULT '', -- '': the station itself
    second    text NOT NULL DEFAULT '', -- who approved an adjustment
    reference text NOT NULL DEFAULT '', -- the bank's
    at        timestamptz NOT NULL,
    CONSTRAINT entry_of_a_year FOREIGN KEY (fund, year) REFERENCES fund_years (fund, year),
    CONSTRAINT entry_moves_money CHECK (fen > 0 OR kind = 'adjust' AND fen < 0),
    CONSTRAINT entry_names_its_case CHECK ((kind = 'adjust') = (case_id IS NULL)),
    CONSTRAINT entry_adjusted_by_two_people CHECK (kind <> 'adjust' OR actor <> '' AND second <> '' AND actor <> second),
    CONSTRAINT one_entry_per_place UNIQUE (fund, seq)
);
CREATE UNIQUE INDEX tranche_paid_once ON fund_entries (case_id, tranche) WHERE kind = 'pay';
CREATE UNIQUE INDEX tranche_repaid_once ON fund_entries (case_id, tranche) WHERE kind = 'repay';
CREATE UNIQUE INDEX bank_reference_used_once ON fund_entries (fund, reference) WHERE reference <> '';
CREATE INDEX entries_of_case ON fund_entries (case_id);

-- +goose StatementBegin
CREATE FUNCTION refuse_by_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a fund''s ledger is never changed' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER fund_entries_are_append_only BEFORE UPDATE OR DELETE ON fund_entries FOR EACH ROW EXECUTE FUNCTION refuse_by_name();
CREATE TRIGGER fund_entries_are_never_emptied BEFORE TRUNCATE ON fund_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_name();

-- Entries of a fund come one after the other: whoever writes one holds the fund's row until the end of the transaction.
-- +goose StatementBegin
CREATE FUNCTION place_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM funds WHERE code = NEW.fund FOR NO KEY UPDATE;
    SELECT coalesce(max(seq), 0) + 1 INTO NEW.seq FROM fund_entries WHERE fund = NEW.fund;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER entry_is_placed BEFORE INSERT ON fund_entries FOR EACH ROW EXECUTE FUNCTION place_entry();

-- An entry moves what it says. AFTER: an entry that ON CONFLICT leaves out moves nothing.
-- +goose StatementBegin
CREATE FUNCTION book_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'reserve' THEN
        -- an award that has nothing reserved can get it of another year; one that never had anything, of another fund
        INSERT INTO awards (case_id, fund, year, reserved) VALUES (NEW.case_id, NEW.fund, NEW.year, NEW.fen)
        ON CONFLICT (case_id) DO UPDATE SET fund = NEW.fund, year = NEW.year, reserved = awards.reserved + NEW.fen
            WHERE awards.fund = NEW.fund AND (awards.year = NEW.year OR awards.reserved = 0)
               OR awards.reserved = 0 AND awards.paid = 0;
    ELSIF NEW.kind <> 'adjust' THEN
        UPDATE awards SET
            reserved = reserved - CASE WHEN NEW.kind IN ('release', 'pay') THEN NEW.fen ELSE 0 END,
            paid     = paid     + CASE WHEN NEW.kind = 'pay'   THEN NEW.fen ELSE 0 END,
            repaid   = repaid   + CASE WHEN NEW.kind = 'repay' THEN NEW.fen ELSE 0 END
        WHERE case_id = NEW.case_id AND fund = NEW.fund AND (year = NEW.year OR NEW.kind = 'repay');
    END IF;
    IF NOT FOUND AND NEW.kind <> 'adjust' THEN
        RAISE EXCEPTION 'the case has no such award' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
    END IF;
    UPDATE fund_years SET
        adjusted = adjusted + CASE WHEN NEW.kind = 'adjust' THEN NEW.fen ELSE 0 END,
        reserved = reserved + CASE WHEN NEW.kind = 'reserve' THEN NEW.fen WHEN NEW.kind IN ('release', 'pay') THEN -NEW.fen ELSE 0 END,
        paid     = paid     + CASE WHEN NEW.kind = 'pay'   THEN NEW.fen ELSE 0 END,
        repaid   = repaid   + CASE WHEN NEW.kind = 'repay' THEN NEW.fen ELSE 0 END
    WHERE fund = NEW.fund AND year = NEW.year;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER entry_is_of_an_award AFTER INSERT ON fund_entries FOR EACH ROW EXECUTE FUNCTION book_entry();

-- What follows from the ledger is written by the ledger's trigger and by nobody else.
-- +goose StatementBegin
CREATE FUNCTION refuse_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'this follows from the fund''s ledger' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
-- +goose StatementEnd
CREATE TRIGGER fund_begins_with_its_budget BEFORE INSERT ON fund_years FOR EACH ROW
    WHEN ((NEW.adjusted, NEW.reserved, NEW.paid, NEW.repaid) IS DISTINCT FROM (0::bigint, 0::bigint, 0::bigint, 0::bigint))
    EXECUTE FUNCTION refuse_by_hand();
CREATE TRIGGER fund_balance_is_derived BEFORE UPDATE ON fund_years FOR EACH ROW
    WHEN ((OLD.fund, OLD.year, OLD.adjusted, OLD.reserved, OLD.paid, OLD.repaid) IS DISTINCT FROM
          (NEW.fund, NEW.year, NEW.adjusted, NEW.reserved, NEW.paid, NEW.repaid))
    EXECUTE FUNCTION refuse_by_hand();
CREATE TRIGGER awards_are_derived BEFORE INSERT OR UPDATE OR DELETE ON awards FOR EACH ROW EXECUTE FUNCTION refuse_by_hand();
CREATE TRIGGER awards_are_never_emptied BEFORE TRUNCATE ON awards FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_name();

-- Cases that asked for money; those that wait for it have not left.
CREATE TABLE fund_queue (
    case_id  uuid PRIMARY KEY REFERENCES cases (id),
    fund     text NOT NULL REFERENCES funds (code),
    fen      bigint NOT NULL CONSTRAINT waits_for_money CHECK (fen > 0), -- of the whole award
    score    double precision NOT NULL,
    task     text NOT NULL,             -- that it waits at
    asked_at timestamptz NOT NULL,
    left_at  timestamptz                -- served, released or ended; a reset can bring it back
);
CREATE INDEX queue_of_fund ON fund_queue (fund, score DESC, asked_at, case_id) WHERE left_at IS NULL;

CREATE TABLE fund_adjustments (
    id          uuid PRIMARY KEY,       -- its entry's, once it is approved
    fund        text NOT NULL,
    year        int  NOT NULL,
    fen         bigint NOT NULL CONSTRAINT adjustment_moves_money CHECK (fen <> 0),
    reason      text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES accounts (id),
    proposed_at timestamptz NOT NULL,
    approved_by uuid REFERENCES accounts (id),
    approved_at timestamptz,
    FOREIGN KEY (fund, year) REFERENCES fund_years (fund, year),
    CONSTRAINT adjustment_needs_two_people CHECK (approved_by IS NULL OR approved_by <> proposed_by),
    CONSTRAINT adjustment_is_approved_by_someone CHECK ((approved_by IS NULL) = (approved_at IS NULL))
);
CREATE INDEX adjustments_to_approve ON fund_adjustments (fund, proposed_at) WHERE approved_by IS NULL;

-- The bank's references that treasurers gave, each for one payment.
CREATE TABLE bank_references (
    fund      text NOT NULL REFERENCES funds (code),
    reference text NOT NULL,
    case_id   uuid NOT NULL REFERENCES cases (id),
    task      text NOT NULL,
    act       uuid NOT NULL REFERENCES acts (id),
    CONSTRAINT one_payment_per_reference PRIMARY KEY (fund, reference)
);
