-- Who may do how much, and what people were told of it. Portable as 0001.

-- What people were told once in a window of time: that they are not answered here, that a limit was reached.
CREATE TABLE notices (
    person TEXT NOT NULL,                       -- slack:U…, discord:…, key:…
    about TEXT NOT NULL,                        -- access, or the name of a limit
    until DOUBLE PRECISION NOT NULL,            -- nothing more is said of it before then
    PRIMARY KEY (person, about)
);

-- Whose it is: slack:U…, discord:…, key:…; of what had ended before this version unknown.
ALTER TABLE runs ADD COLUMN person TEXT;
UPDATE runs SET person = COALESCE(
    json_extract(options, '$.person'),
    (SELECT platform || ':' || messages.person FROM messages WHERE run_id = runs.id ORDER BY seq LIMIT 1)
) WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling');
CREATE INDEX runs_person ON runs (person, status) WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling');
CREATE INDEX items_run ON items (run_id);
CREATE INDEX messages_person ON messages (platform, person) WHERE platform <> '';

-- Whose data is to go: a person's (slack:U…, discord:…), or all of a workspace that let the bot go (slack/T…, discord/…).
CREATE TABLE erasures (
    whose TEXT PRIMARY KEY,
    asked_at DOUBLE PRECISION NOT NULL,
    actor TEXT NOT NULL,
    upto BIGINT NOT NULL,                       -- messages.seq: what was said later stays
    sent_at DOUBLE PRECISION NOT NULL,          -- what was sent until then is not accepted a second time
    done_at DOUBLE PRECISION
);

-- What is left at the model server of what was removed here: it is deleted there, however often that takes.
CREATE TABLE remains (
    kind TEXT NOT NULL,                         -- file, vector_store, container, response
    remote TEXT NOT NULL,
    whose TEXT NOT NULL,                        -- of an erasure; '' of what was kept for its time
    since DOUBLE PRECISION NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    again_at DOUBLE PRECISION NOT NULL,
    error TEXT,
    PRIMARY KEY (kind, remote)
);

-- What requests to the model server may cost at the most whose price is not in the ledger (yet): it counts as spent.
CREATE TABLE reservations (
    id TEXT PRIMARY KEY,                        -- resv_…
    run_id TEXT,
    step TEXT,                                  -- as in usage
    person TEXT NOT NULL,                       -- slack:U…, discord:…, key:…; '' of nobody
    at DOUBLE PRECISION NOT NULL,
    price BIGINT NOT NULL,                      -- 1e-10 USD
    live INTEGER NOT NULL                       -- 0: its end was not seen, and will not be
);
CREATE INDEX usage_days_person ON usage_days (name, day) WHERE what = 'person';
CREATE INDEX reservations_at ON reservations (at);
CREATE INDEX reservations_run ON reservations (run_id) WHERE run_id IS NOT NULL;

-- How much of a limit is used, as a bucket that is refilled all the time: it is full again at that moment.
CREATE TABLE buckets (
    about TEXT NOT NULL,                        -- the name of the limit
    subject TEXT NOT NULL,                      -- whose: slack:U…, discord:…, key:…; of a channel slack:C…
    full_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (about, subject)
);
