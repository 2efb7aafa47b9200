-- The web page: which keys open it, and who is logged in. Portable as 0001.

ALTER TABLE keys ADD COLUMN console INTEGER NOT NULL DEFAULT 0;

-- Who made a version: operator, key:NAME, slack:U…, discord:…; NULL: the settings, or nobody wrote it down.
ALTER TABLE assistant_versions ADD COLUMN actor TEXT;
-- Since when that one answers there. NULL: nobody wrote it down.
ALTER TABLE assignments ADD COLUMN since DOUBLE PRECISION;

-- When another process went on with a run. died = 1: its former one had not let go of it.
CREATE TABLE takeovers (
    run_id TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    died INTEGER NOT NULL
);
CREATE INDEX takeovers_run ON takeovers (run_id);

-- Logins of the page, and links that make one, once. Only hashes are kept.
CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,                      -- SHA-256 of the cookie, or of the link's secret, hex
    kind TEXT NOT NULL,                         -- session | link
    key_id TEXT,                                -- NULL: a link was used, and no key
    name TEXT NOT NULL,                         -- of the key; else who got the link: console:operator, slack:U…
    project TEXT NOT NULL,
    admin INTEGER NOT NULL,
    read_chats INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    used_at DOUBLE PRECISION NOT NULL
);

-- What people see in place of ids: of people, channels, workspaces and servers. Nothing is decided by it.
CREATE TABLE names (
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (platform, workspace, id)
);
