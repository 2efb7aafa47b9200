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

-- How much of a limit is used, as a bucket that is refilled all the time: it is full again at that moment.
CREATE TABLE buckets (
    about TEXT NOT NULL,                        -- the name of the limit
    subject TEXT NOT NULL,                      -- whose: slack:U…, discord:…, key:…; of a channel slack:C…
    full_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (about, subject)
);
