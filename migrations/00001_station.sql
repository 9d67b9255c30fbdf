-- +goose Up
-- The station: its offices, the people who can sign in, its programmes, and the calendar of working days.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE TABLE branches (
    code    text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    parent  text REFERENCES branches (code)
);

CREATE TABLE institutions (
    code    text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    "group" text NOT NULL
);

CREATE TABLE channels (
    code    text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL
);

CREATE TABLE programmes (
    code      text PRIMARY KEY,
    kind      text NOT NULL,
    branch    text NOT NULL REFERENCES branches (code),
    name_zh   text NOT NULL,
    name_en   text NOT NULL,
    about_zh  text NOT NULL DEFAULT '',
    about_en  text NOT NULL DEFAULT '',
    opens_at  timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    terms     jsonb NOT NULL,
    CONSTRAINT programme_opens_before_it_closes CHECK (opens_at < closes_at)
);

CREATE TABLE accounts (
    id          uuid PRIMARY KEY,
    name        text NOT NULL,
    email       text NOT NULL,
    roles       text[] NOT NULL,
    branch      text REFERENCES branches (code),
    institution text NOT NULL DEFAULT '',
    language    text NOT NULL CONSTRAINT account_language CHECK (language IN ('zh-CN', 'en')),
    disabled    boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX one_account_per_email ON accounts (lower(email));
CREATE INDEX accounts_by_role ON accounts USING gin (roles);

CREATE TABLE tokens (
    id         uuid PRIMARY KEY,
    account    uuid NOT NULL REFERENCES accounts (id),
    hash       bytea NOT NULL CONSTRAINT one_token_per_secret UNIQUE,
    scope      text NOT NULL CONSTRAINT token_scope CHECK (scope IN ('read', 'full')),
    expires_at timestamptz NOT NULL
);

-- Only days that differ from plain weekends, or that make a year known.
CREATE TABLE calendar_days (
    day         date PRIMARY KEY,
    working     boolean NOT NULL,
    name        text NOT NULL DEFAULT '',
    provisional boolean NOT NULL
);
