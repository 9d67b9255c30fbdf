-- +goose Up
-- What a newer catalogue has no more is not offered any longer. Settlements that chose it go on, and old ones can be read.

ALTER TABLE paper_kinds ADD COLUMN retired boolean NOT NULL DEFAULT false;
ALTER TABLE providers ADD COLUMN retired boolean NOT NULL DEFAULT false;
ALTER TABLE offers ADD COLUMN retired boolean NOT NULL DEFAULT false;
