-- What is seen of it all: the ledger by day, what people think of answers, questions to try versions on. Portable as 0001.

-- The ledger added up by day, once for each thing it is looked at by. Written in the transaction of each of its rows,
-- and made anew from it by a start whose time zone is not that of the fact usage_days.
CREATE TABLE usage_days (
    what TEXT NOT NULL,                         -- person, place, assistant, model, kind
    day TEXT NOT NULL,                          -- 2026-11-28
    whose TEXT NOT NULL,                        -- chats; api:PROJECT; '': nobody's
    name TEXT NOT NULL,                         -- as core/store/usage.py KEYS gives it
    requests BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    unpriced BIGINT NOT NULL,
    input BIGINT NOT NULL,
    cached BIGINT NOT NULL,
    output BIGINT NOT NULL,
    reasoning BIGINT NOT NULL,
    price BIGINT,                               -- whole numbers add up exactly: 1e-10 USD. NULL: nothing has a price
    PRIMARY KEY (what, day, whose, name)
);

-- Of a copy: the thread it is made of in the end. NULL: it is none.
ALTER TABLE threads ADD COLUMN copy_of TEXT;
CREATE INDEX thread_map_thread ON thread_map (thread_id);
CREATE INDEX threads_copies ON threads (copy_of) WHERE copy_of IS NOT NULL;

-- What a person thinks of an answer.
CREATE TABLE feedback (
    run_id TEXT NOT NULL,
    person TEXT NOT NULL,                       -- slack:U…, discord:…
    good INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',            -- in the person's words
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run_id, person)
);

-- Questions that versions of assistants are tried on: those of runs, and typed ones.
CREATE TABLE saved_questions (
    id TEXT PRIMARY KEY,                        -- quest_…
    project TEXT NOT NULL,                      -- '': from a chat
    assistant_id TEXT,                          -- who answered it
    run_id TEXT UNIQUE,                         -- whose question it is, with what stood before it; NULL: `text`
    text TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL,                       -- feedback (somebody did not like the answer), run, typed
    actor TEXT NOT NULL,                        -- key:NAME; of feedback the person
    created_at DOUBLE PRECISION NOT NULL
);

-- Versions of an assistant beside each other on saved questions: each answer is a run of its own.
CREATE TABLE trials (
    id TEXT PRIMARY KEY,                        -- trial_…
    assistant_id TEXT NOT NULL,
    version INTEGER NOT NULL,                   -- that is tried
    beside INTEGER NOT NULL,                    -- that it is compared with
    project TEXT NOT NULL,                      -- of whoever began it
    actor TEXT NOT NULL,                        -- key:NAME
    limit_usd DOUBLE PRECISION NOT NULL,        -- the sum that ends it
    status TEXT NOT NULL,                       -- in_progress, completed, limit, cancelled
    created_at DOUBLE PRECISION NOT NULL,
    ended_at DOUBLE PRECISION
);
CREATE INDEX trials_by_assistant ON trials (assistant_id, created_at);

CREATE TABLE trial_answers (
    trial_id TEXT NOT NULL,
    place INTEGER NOT NULL,                     -- of the question, from 0
    version INTEGER NOT NULL,
    question_id TEXT NOT NULL,
    run_id TEXT UNIQUE,                         -- NULL: not begun
    expected_usd DOUBLE PRECISION,              -- what it was expected to cost; NULL: its model has no price
    verdict TEXT,                               -- of the version that is tried: better, same, worse
    PRIMARY KEY (trial_id, place, version)
);
CREATE INDEX trial_answers_by_question ON trial_answers (question_id);

-- What happened in a span of time.
CREATE INDEX runs_created ON runs (created_at);
