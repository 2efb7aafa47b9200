-- Assistants with tools, files and a memory that is summarised. The same portable subset as 0001.

-- body: the object of the Assistants API without id, created_at and version, as JSON. The columns name,
-- instructions and model repeat what is in it, for people who look into the database.
ALTER TABLE assistants ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE assistants ADD COLUMN body TEXT NOT NULL DEFAULT '{}';
ALTER TABLE assistants ADD COLUMN deleted_at DOUBLE PRECISION;   -- the row stays: runs refer to it

-- What each version was: a run tells exactly who answered.
CREATE TABLE assistant_versions (
    assistant_id TEXT NOT NULL REFERENCES assistants (id),
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (assistant_id, version)
);

-- Who answers where. ('', 'default') is for everything; ('', 'settings') is the assistant of ASSISTANT_*.
CREATE TABLE assignments (
    platform TEXT NOT NULL,
    place TEXT NOT NULL,                        -- a Slack channel or workspace; a Discord thread, channel or server
    assistant_id TEXT NOT NULL REFERENCES assistants (id),
    PRIMARY KEY (platform, place)
);

ALTER TABLE runs ADD COLUMN assistant_version INTEGER;

-- Reported input tokens over our estimate, of the thread's newest request; NULL: nothing was reported yet.
ALTER TABLE threads ADD COLUMN token_ratio DOUBLE PRECISION;

-- What came with messages, and what answers brought along. content is kept until the run has ended.
CREATE TABLE files (
    id TEXT PRIMARY KEY,                        -- file_…
    source TEXT NOT NULL UNIQUE,                -- the message and the position in it, or the run and the step
    thread_id TEXT NOT NULL REFERENCES threads (id),
    run_id TEXT REFERENCES runs (id),
    name TEXT NOT NULL,
    type TEXT NOT NULL,                         -- MIME, by content; '' when refused
    kind TEXT NOT NULL,                         -- picture | document | text | audio | output; '' when refused
    size INTEGER NOT NULL,                      -- bytes
    refused TEXT NOT NULL DEFAULT '',           -- key of the text that says why
    content BLOB,
    remote TEXT,                                -- its id at the model server
    remote_until DOUBLE PRECISION,              -- when that one expires
    transcript TEXT,                            -- of audio
    created_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX files_run ON files (run_id);
CREATE INDEX files_thread ON files (thread_id, created_at);

-- Vector stores at the model server: of an assistant (asst_…) or of one thread (thread_…), never shared.
CREATE TABLE vector_stores (
    owner TEXT PRIMARY KEY,
    remote TEXT NOT NULL,                       -- vs_…
    expires_at DOUBLE PRECISION                 -- NULL: never
);
CREATE TABLE vector_store_files (
    owner TEXT NOT NULL,
    digest TEXT NOT NULL,                       -- SHA-256 of the bytes: the same file is not uploaded twice
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    remote TEXT,                                -- file-…; NULL: not uploaded yet
    status TEXT NOT NULL,                       -- waiting | uploaded | completed | failed
    error TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (owner, digest)
);

-- A call that waits for a person's yes, bound to its exact arguments.
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,                        -- appr_…
    run_id TEXT NOT NULL REFERENCES runs (id),
    call_id TEXT NOT NULL,
    person TEXT NOT NULL,
    state TEXT NOT NULL,                        -- waiting | approved | refused | expired
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    UNIQUE (run_id, call_id)
);
CREATE INDEX approvals_waiting ON approvals (person) WHERE state = 'waiting';

-- The oldest turns of a thread in a few sentences: they stand for all items up to `upto`.
-- due = 1: to be made (again); it survives any crash.
CREATE TABLE summaries (
    thread_id TEXT PRIMARY KEY REFERENCES threads (id),
    text TEXT NOT NULL,
    upto INTEGER NOT NULL,                      -- items.seq; 0: nothing is summarised yet
    due INTEGER NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX summaries_due ON summaries (due) WHERE due = 1;
