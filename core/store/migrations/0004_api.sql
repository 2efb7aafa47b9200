-- Threads, messages and runs of clients of the API, in the tables of the chats. Portable as 0001.

-- NULL: of a chat. Else the project whose keys see it.
ALTER TABLE threads ADD COLUMN project TEXT;
ALTER TABLE threads ADD COLUMN object TEXT NOT NULL DEFAULT '{}';      -- JSON: metadata, tool_resources
CREATE INDEX threads_project ON threads (project, created_at);

-- NULL: the operator's, seen by every key.
ALTER TABLE assistants ADD COLUMN project TEXT;

-- Answers stand here too: role assistant, platform '' (they stand nowhere on a network: their posts do),
-- answer_of the run. run_id remains the run that answers a person's message.
ALTER TABLE messages ADD COLUMN role TEXT NOT NULL DEFAULT 'user';
ALTER TABLE messages ADD COLUMN answer_of TEXT;
-- JSON of the API: content, attachments, metadata, status, incomplete_details …
ALTER TABLE messages ADD COLUMN object TEXT;
CREATE INDEX messages_thread ON messages (thread_id, sent_at, seq);
CREATE INDEX messages_answer ON messages (answer_of) WHERE answer_of IS NOT NULL;

-- What only runs of the API have. A chat's run has NULL in all of them.
-- JSON: who asked (key, project), and what the client set
ALTER TABLE runs ADD COLUMN options TEXT;
ALTER TABLE runs ADD COLUMN metadata TEXT;
ALTER TABLE runs ADD COLUMN expires_at DOUBLE PRECISION;
-- JSON: ids of the calls whose outputs the client owes; the run has no owner meanwhile
ALTER TABLE runs ADD COLUMN awaits TEXT;
CREATE INDEX runs_thread ON runs (thread_id, seq);
CREATE INDEX runs_open ON runs (thread_id) WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling');

-- Items without a run: what a client wrote into a thread. message_id: the message an item is made of.
ALTER TABLE items RENAME TO items_of_runs;
DROP INDEX items_thread;
CREATE TABLE items (
    seq INTEGER PRIMARY KEY,
    thread_id TEXT NOT NULL REFERENCES threads (id),
    run_id TEXT REFERENCES runs (id),
    item TEXT NOT NULL,                         -- JSON
    tokens INTEGER NOT NULL,                    -- estimate
    message_id TEXT
);
INSERT INTO items (seq, thread_id, run_id, item, tokens)
    SELECT seq, thread_id, run_id, item, tokens FROM items_of_runs;
DROP TABLE items_of_runs;
CREATE INDEX items_thread ON items (thread_id, seq);
CREATE INDEX items_message ON items (message_id) WHERE message_id IS NOT NULL;

-- The answers of older versions become messages, too.
INSERT INTO messages (id, platform, workspace, channel, topic, platform_id, person, thread_id, run_id, body,
                      sent_at, role, answer_of)
    SELECT 'msg_' || substr(items.run_id, 5) || '_' || items.seq, '', '', items.thread_id, '',
           items.run_id || '/' || items.seq, '', items.thread_id, NULL,
           json_object('text', json_extract(item, '$.content')),
           COALESCE(runs.ended_at, runs.created_at), 'assistant', items.run_id
    FROM items JOIN runs ON runs.id = items.run_id
    WHERE json_extract(item, '$.role') = 'assistant' AND json_type(item, '$.content') = 'text';

-- Keys of clients. Only the hash is kept.
CREATE TABLE keys (
    id TEXT PRIMARY KEY,                        -- key_…
    name TEXT NOT NULL UNIQUE,                  -- of a revoked one, too
    project TEXT NOT NULL,
    admin INTEGER NOT NULL,
    read_chats INTEGER NOT NULL,
    hash TEXT NOT NULL UNIQUE,                  -- SHA-256 of the key, hex
    last4 TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    last_used_at DOUBLE PRECISION,
    revoked_at DOUBLE PRECISION
);

-- Who did what, without any text. Append-only.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at DOUBLE PRECISION NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL
);

-- Files of clients, and files that answers of API runs made. Their bytes are in upload_parts, in order.
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,                        -- file-…
    seq INTEGER NOT NULL UNIQUE,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,                      -- assistants, vision, user_data …; assistants_output
    size INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION,
    remote TEXT,                                -- its id at the model server
    run_id TEXT                                 -- which made it
);
CREATE INDEX uploads_project ON uploads (project, seq);
CREATE INDEX uploads_remote ON uploads (project, remote);
CREATE INDEX uploads_run ON uploads (run_id) WHERE run_id IS NOT NULL;
CREATE TABLE upload_parts (
    upload_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (upload_id, number)
);

-- What clients have at the model server under ids of our own: vector stores and batches of files.
CREATE TABLE remote_objects (
    id TEXT PRIMARY KEY,                        -- vs_…, vsfb_…
    seq INTEGER NOT NULL UNIQUE,
    kind TEXT NOT NULL,                         -- vector_store | file_batch
    project TEXT NOT NULL,
    remote TEXT NOT NULL UNIQUE,
    created_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX remote_objects_project ON remote_objects (project, kind, seq);
