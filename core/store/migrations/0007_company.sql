-- Who may do how much, and what people were told of it. Portable as 0001.

-- What people were told once in a window of time: that they are not answered here, that a limit was reached.
CREATE TABLE notices (
    person TEXT NOT NULL,                       -- slack:U…, discord:…, key:…
    about TEXT NOT NULL,                        -- access, or the name of a limit
    until DOUBLE PRECISION NOT NULL,            -- nothing more is said of it before then
    PRIMARY KEY (person, about)
);

-- Whose it is: slack:U…, discord:…, key:…; of rows before this version unknown.
ALTER TABLE runs ADD COLUMN person TEXT;
CREATE INDEX runs_person ON runs (person, status) WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling');

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
