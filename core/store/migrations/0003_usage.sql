-- What runs cost and when things happened. The same portable subset as 0001.

-- A row for each request to the model server. Append-only; it outlives threads and runs, so nothing is
-- referred to by a foreign key. Tokens are NULL where the server told none: unknown is never 0.
CREATE TABLE usage (
    seq INTEGER PRIMARY KEY,
    -- answer, summary, transcription, image, speech, embedding, evaluation
    kind TEXT NOT NULL,
    run_id TEXT,
    thread_id TEXT,
    step TEXT,                                  -- round:N: the response of that number of the run
    began_at DOUBLE PRECISION NOT NULL,
    first_at DOUBLE PRECISION,                  -- the first event that says something of the answer
    ended_at DOUBLE PRECISION,                  -- NULL: its end was never seen
    model TEXT NOT NULL,                        -- as it was asked for
    served_model TEXT,
    tier TEXT,
    input INTEGER,
    cached INTEGER,                             -- part of input
    output INTEGER,
    reasoning INTEGER,                          -- part of output
    units DOUBLE PRECISION,                     -- minutes of audio, or pictures
    price_usd DOUBLE PRECISION,                 -- NULL: unpriced
    price_list TEXT,                            -- which list said so
    platform TEXT NOT NULL,
    place TEXT NOT NULL,                        -- the channel; of the API the project
    person TEXT NOT NULL,                       -- slack:U…, discord:…, key:…; '' after erasure
    assistant_id TEXT,
    assistant_version INTEGER,
    -- completed, incomplete, failed, refused, cancelled, unknown
    outcome TEXT NOT NULL,
    error TEXT,
    attempt INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX usage_began ON usage (began_at);
CREATE INDEX usage_run ON usage (run_id);

ALTER TABLE steps ADD COLUMN began_at DOUBLE PRECISION;
ALTER TABLE runs ADD COLUMN began_at DOUBLE PRECISION;          -- when it was first claimed
ALTER TABLE runs ADD COLUMN first_token_at DOUBLE PRECISION;
ALTER TABLE runs ADD COLUMN first_text_at DOUBLE PRECISION;     -- when people saw the first words
ALTER TABLE runs ADD COLUMN posts INTEGER;                      -- made for it
ALTER TABLE runs ADD COLUMN edits INTEGER;                      -- of these posts
ALTER TABLE runs ADD COLUMN takeovers INTEGER NOT NULL DEFAULT 0;

-- What is counted and leaves no row of its own, such as deliveries of a message that was known already.
CREATE TABLE counts (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
