PRAGMA user_version = 6;
CREATE TABLE assistants (
    id TEXT PRIMARY KEY,                        -- asst_…
    created_at DOUBLE PRECISION NOT NULL,
    name TEXT NOT NULL,
    instructions TEXT NOT NULL,
    model TEXT NOT NULL
, version INTEGER NOT NULL DEFAULT 1, body TEXT NOT NULL DEFAULT '{}', deleted_at DOUBLE PRECISION, project TEXT);
CREATE TABLE threads (
    id TEXT PRIMARY KEY,                        -- thread_…
    created_at DOUBLE PRECISION NOT NULL,
    origin TEXT NOT NULL                        -- 'new' | 'reset': after a reset nothing older is context
, token_ratio DOUBLE PRECISION, project TEXT, object TEXT NOT NULL DEFAULT '{}', copy_of TEXT);
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
, assistant_version INTEGER, began_at DOUBLE PRECISION, first_token_at DOUBLE PRECISION, first_text_at DOUBLE PRECISION, posts INTEGER, edits INTEGER, takeovers INTEGER NOT NULL DEFAULT 0, options TEXT, metadata TEXT, expires_at DOUBLE PRECISION, awaits TEXT);
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
    sent_at DOUBLE PRECISION NOT NULL, role TEXT NOT NULL DEFAULT 'user', answer_of TEXT, object TEXT,
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
    created_at DOUBLE PRECISION NOT NULL, began_at DOUBLE PRECISION,
    UNIQUE (run_id, name)
);
CREATE INDEX steps_ref ON steps (ref) WHERE ref IS NOT NULL;
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL                         -- JSON
);
CREATE TABLE assistant_versions (
    assistant_id TEXT NOT NULL REFERENCES assistants (id),
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL, actor TEXT,
    PRIMARY KEY (assistant_id, version)
);
CREATE TABLE assignments (
    platform TEXT NOT NULL,
    place TEXT NOT NULL,                        -- a Slack channel or workspace; a Discord thread, channel or server
    assistant_id TEXT NOT NULL REFERENCES assistants (id), since DOUBLE PRECISION,
    PRIMARY KEY (platform, place)
);
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
CREATE TABLE summaries (
    thread_id TEXT PRIMARY KEY REFERENCES threads (id),
    text TEXT NOT NULL,
    upto INTEGER NOT NULL,                      -- items.seq; 0: nothing is summarised yet
    due INTEGER NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX summaries_due ON summaries (due) WHERE due = 1;
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
CREATE TABLE counts (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
CREATE INDEX threads_project ON threads (project, created_at);
CREATE INDEX messages_thread ON messages (thread_id, sent_at, seq);
CREATE INDEX messages_answer ON messages (answer_of) WHERE answer_of IS NOT NULL;
CREATE INDEX runs_thread ON runs (thread_id, seq);
CREATE INDEX runs_open ON runs (thread_id) WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling');
CREATE TABLE items (
    seq INTEGER PRIMARY KEY,
    thread_id TEXT NOT NULL REFERENCES threads (id),
    run_id TEXT REFERENCES runs (id),
    item TEXT NOT NULL,                         -- JSON
    tokens INTEGER NOT NULL,                    -- estimate
    message_id TEXT
);
CREATE INDEX items_thread ON items (thread_id, seq);
CREATE INDEX items_message ON items (message_id) WHERE message_id IS NOT NULL;
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
, console INTEGER NOT NULL DEFAULT 0);
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at DOUBLE PRECISION NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL
);
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
CREATE TABLE remote_objects (
    id TEXT PRIMARY KEY,                        -- vs_…, vsfb_…
    seq INTEGER NOT NULL UNIQUE,
    kind TEXT NOT NULL,                         -- vector_store | file_batch
    project TEXT NOT NULL,
    remote TEXT NOT NULL UNIQUE,
    created_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX remote_objects_project ON remote_objects (project, kind, seq);
CREATE TABLE takeovers (
    run_id TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    died INTEGER NOT NULL
);
CREATE INDEX takeovers_run ON takeovers (run_id);
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
CREATE TABLE names (
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (platform, workspace, id)
);
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
CREATE INDEX thread_map_thread ON thread_map (thread_id);
CREATE INDEX threads_copies ON threads (copy_of) WHERE copy_of IS NOT NULL;
CREATE TABLE feedback (
    run_id TEXT NOT NULL,
    person TEXT NOT NULL,                       -- slack:U…, discord:…
    good INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',            -- in the person's words
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run_id, person)
);
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
CREATE INDEX runs_created ON runs (created_at);
