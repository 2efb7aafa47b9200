PRAGMA user_version = 1;
CREATE TABLE assistants (
    id TEXT PRIMARY KEY,                        -- asst_…
    created_at DOUBLE PRECISION NOT NULL,
    name TEXT NOT NULL,
    instructions TEXT NOT NULL,
    model TEXT NOT NULL
);
CREATE TABLE threads (
    id TEXT PRIMARY KEY,                        -- thread_…
    created_at DOUBLE PRECISION NOT NULL,
    origin TEXT NOT NULL                        -- 'new' | 'reset': after a reset nothing older is context
);
CREATE TABLE thread_map (
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    channel TEXT NOT NULL,
    scope TEXT NOT NULL,
    member TEXT NOT NULL,
    thread_id TEXT NOT NULL REFERENCES threads (id),
    PRIMARY KEY (platform, workspace, channel, scope, member)
);
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,                    -- run_…
    lane TEXT NOT NULL,
    thread_id TEXT NOT NULL REFERENCES threads (id),
    assistant_id TEXT REFERENCES assistants (id),
    status TEXT NOT NULL,
    owner TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,        -- errors the run itself met
    deaths INTEGER NOT NULL DEFAULT 0,          -- processes that died under it since its last step
    created_at DOUBLE PRECISION NOT NULL,
    ended_at DOUBLE PRECISION,
    error TEXT
);
CREATE INDEX runs_waiting ON runs (lane, seq) WHERE status = 'queued';
CREATE UNIQUE INDEX runs_live ON runs (lane) WHERE status IN ('in_progress', 'requires_action', 'cancelling');
CREATE INDEX runs_unfinished ON runs (status, seq)
    WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling');
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,                    -- msg_…
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    channel TEXT NOT NULL,
    topic TEXT NOT NULL,
    platform_id TEXT NOT NULL,                  -- Slack ts, Discord snowflake
    person TEXT NOT NULL,
    thread_id TEXT NOT NULL REFERENCES threads (id),
    run_id TEXT REFERENCES runs (id),           -- NULL: withdrawn before its run began
    body TEXT NOT NULL,                         -- JSON: text, kind, author, locale, inside_topic
    sent_at DOUBLE PRECISION NOT NULL,
    UNIQUE (platform, workspace, channel, platform_id)
);
CREATE INDEX messages_run ON messages (run_id, seq);
CREATE INDEX messages_topic ON messages (platform, workspace, channel, topic, sent_at);
CREATE TABLE topics (
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    channel TEXT NOT NULL,
    topic TEXT NOT NULL,
    last_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (platform, workspace, channel, topic)
);
CREATE INDEX topics_recent ON topics (platform, last_at);
CREATE TABLE steps (
    id TEXT PRIMARY KEY,                        -- step_…
    run_id TEXT NOT NULL REFERENCES runs (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,                        -- JSON
    ref TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    UNIQUE (run_id, name)
);
CREATE INDEX steps_ref ON steps (ref) WHERE ref IS NOT NULL;
CREATE TABLE items (
    seq INTEGER PRIMARY KEY,
    thread_id TEXT NOT NULL REFERENCES threads (id),
    run_id TEXT NOT NULL REFERENCES runs (id),
    item TEXT NOT NULL,                         -- JSON
    tokens INTEGER NOT NULL                     -- estimate
);
CREATE INDEX items_thread ON items (thread_id, seq);
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL                         -- JSON
);
