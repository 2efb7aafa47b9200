BEGIN TRANSACTION;
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
INSERT INTO "approvals" VALUES('appr_a9587a40c06a48d73d5c2bc4','run_294078a54d46cbd2bd56d814','call_ae17521932e918cf86e675871d9b5e31cbf1d12d0000','200000000000000001','waiting',1.79583342500279116629e+09,1.79583402500279116628e+09);
CREATE TABLE assignments (
    platform TEXT NOT NULL,
    place TEXT NOT NULL,                        -- a Slack channel or workspace; a Discord thread, channel or server
    assistant_id TEXT NOT NULL REFERENCES assistants (id),
    PRIMARY KEY (platform, place)
);
INSERT INTO "assignments" VALUES('','settings','asst_settings');
INSERT INTO "assignments" VALUES('','default','asst_ddc7c30b4bd267628ec5b7e2');
INSERT INTO "assignments" VALUES('slack','C0GENERAL1','asst_ddc7c30b4bd267628ec5b7e2');
INSERT INTO "assignments" VALUES('discord','300000000000000001','asst_ddc7c30b4bd267628ec5b7e2');
CREATE TABLE assistant_versions (
    assistant_id TEXT NOT NULL REFERENCES assistants (id),
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (assistant_id, version)
);
INSERT INTO "assistant_versions" VALUES('asst_settings',1,'{"name": "Assistant", "description": null, "model": "gpt-6-luna", "instructions": "You are Assistant, a helpful assistant in a team chat. Answer in the language you are asked in, get to the point, and use Markdown.", "tools": [{"type": "function", "function": {"name": "*"}}, {"type": "code_interpreter"}, {"type": "image_generation"}], "tool_resources": {}, "reasoning_effort": "none", "temperature": null, "top_p": null, "response_format": "auto", "truncation_strategy": {"type": "summary"}, "metadata": {}, "tool_choice": "auto", "parallel_tool_calls": true, "max_model_calls": 16, "run_seconds": null}',1.79583341451103639598e+09);
INSERT INTO "assistant_versions" VALUES('asst_ddc7c30b4bd267628ec5b7e2',1,'{"name": "HelpBot", "description": null, "model": "gpt-6-luna", "instructions": "You are HelpBot.", "tools": [{"type": "function", "function": {"name": "*"}}], "tool_resources": {}, "reasoning_effort": "none", "temperature": null, "top_p": null, "response_format": "auto", "truncation_strategy": {"type": "summary"}, "metadata": {}, "tool_choice": "auto", "parallel_tool_calls": true, "max_model_calls": 16, "run_seconds": null}',1.7958334231266760826e+09);
CREATE TABLE assistants (
    id TEXT PRIMARY KEY,                        -- asst_…
    created_at DOUBLE PRECISION NOT NULL,
    name TEXT NOT NULL,
    instructions TEXT NOT NULL,
    model TEXT NOT NULL
, version INTEGER NOT NULL DEFAULT 1, body TEXT NOT NULL DEFAULT '{}', deleted_at DOUBLE PRECISION);
INSERT INTO "assistants" VALUES('asst_settings',1795833414.0,'Assistant','You are Assistant, a helpful assistant in a team chat. Answer in the language you are asked in, get to the point, and use Markdown.','gpt-6-luna',1,'{"name": "Assistant", "description": null, "model": "gpt-6-luna", "instructions": "You are Assistant, a helpful assistant in a team chat. Answer in the language you are asked in, get to the point, and use Markdown.", "tools": [{"type": "function", "function": {"name": "*"}}, {"type": "code_interpreter"}, {"type": "image_generation"}], "tool_resources": {}, "reasoning_effort": "none", "temperature": null, "top_p": null, "response_format": "auto", "truncation_strategy": {"type": "summary"}, "metadata": {}, "tool_choice": "auto", "parallel_tool_calls": true, "max_model_calls": 16, "run_seconds": null}',NULL);
INSERT INTO "assistants" VALUES('asst_ddc7c30b4bd267628ec5b7e2',1795833423.0,'HelpBot','You are HelpBot.','gpt-6-luna',1,'{"name": "HelpBot", "description": null, "model": "gpt-6-luna", "instructions": "You are HelpBot.", "tools": [{"type": "function", "function": {"name": "*"}}], "tool_resources": {}, "reasoning_effort": "none", "temperature": null, "top_p": null, "response_format": "auto", "truncation_strategy": {"type": "summary"}, "metadata": {}, "tool_choice": "auto", "parallel_tool_calls": true, "max_model_calls": 16, "run_seconds": null}',NULL);
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL                         -- JSON
);
INSERT INTO "facts" VALUES('discord:session','{"session": "3aa6a82a5377c8b36f3b5177a13edc58", "sequence": 5, "url": "ws://127.0.0.1:34843/resume/"}');
INSERT INTO "facts" VALUES('slack:caught_up','1795833418.1842802');
INSERT INTO "facts" VALUES('discord:caught_up','1795833418.2083764');
INSERT INTO "facts" VALUES('discord:commands','"70d540d536dd6a73c53593d5871f232eeaef1629de9180865ec98bcc66f56075"');
INSERT INTO "facts" VALUES('models:http://127.0.0.1:42385/v1','{"at": 1795833419.730338, "models": {"gpt-6-luna": {"shutdown": null, "context": null}, "gpt-6.1-terra": {"shutdown": null, "context": null}, "gpt-4o": {"shutdown": null, "context": null}, "gpt-transcribe": {"shutdown": null, "context": null}}}');
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
CREATE TABLE items (
    seq INTEGER PRIMARY KEY,
    thread_id TEXT NOT NULL REFERENCES threads (id),
    run_id TEXT NOT NULL REFERENCES runs (id),
    item TEXT NOT NULL,                         -- JSON
    tokens INTEGER NOT NULL                     -- estimate
);
INSERT INTO "items" VALUES(1,'thread_1b1143003d354ef9afae94a2','run_03a24713c012385a0e159445','{"role": "user", "content": "hello"}',13);
INSERT INTO "items" VALUES(2,'thread_1b1143003d354ef9afae94a2','run_03a24713c012385a0e159445','{"role": "assistant", "content": "I am the offline model: no key, no network. You said \"hello\". This thread is new: I remember nothing before it."}',50);
INSERT INTO "items" VALUES(3,'thread_f3c9e2b5b44fc01e74571ca6','run_f45676ffb7d6857132f56792','{"role": "user", "content": "hi there"}',14);
INSERT INTO "items" VALUES(4,'thread_f3c9e2b5b44fc01e74571ca6','run_f45676ffb7d6857132f56792','{"role": "assistant", "content": "I am the offline model: no key, no network. You said \"hi there\". This thread is new: I remember nothing before it."}',51);
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
INSERT INTO "messages" VALUES(1,'msg_3c9f26711b317467cb745490','slack','T0TEAM0001','C0GENERAL1','1795833418.230860','1795833418.230860','U0YOU00001','thread_1b1143003d354ef9afae94a2','run_03a24713c012385a0e159445','{"text": "hello", "kind": "ask", "author": "", "locale": "", "inside_topic": false, "parent": ""}',1795833418.23086);
INSERT INTO "messages" VALUES(2,'msg_7d2743d95bad7d7732b1d6b1','discord','','300000000000000001','300000000000000001','1576064338383339520','200000000000000001','thread_f3c9e2b5b44fc01e74571ca6','run_f45676ffb7d6857132f56792','{"text": "hi there", "kind": "ask", "author": "person-0001", "locale": "", "inside_topic": false, "parent": ""}',1795833420.13);
INSERT INTO "messages" VALUES(3,'msg_59f2cf3bc7c27036a71f5911','discord','','300000000000000001','300000000000000001','1576064357928796160','200000000000000001','thread_f3c9e2b5b44fc01e74571ca6','run_294078a54d46cbd2bd56d814','{"text": "announce tea", "kind": "ask", "author": "person-0001", "locale": "", "inside_topic": false, "parent": ""}',1795833424.79);
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
, assistant_version INTEGER);
INSERT INTO "runs" VALUES(1,'run_03a24713c012385a0e159445','thread_1b1143003d354ef9afae94a2','thread_1b1143003d354ef9afae94a2','asst_settings','completed','19656bc048a6f160',0,0,1795833418.24409,1.79583341970756506919e+09,NULL,1);
INSERT INTO "runs" VALUES(2,'run_f45676ffb7d6857132f56792','thread_f3c9e2b5b44fc01e74571ca6','thread_f3c9e2b5b44fc01e74571ca6','asst_settings','completed','19656bc048a6f160',0,0,1.7958334201323010921e+09,1.79583342077051281928e+09,NULL,1);
INSERT INTO "runs" VALUES(3,'run_294078a54d46cbd2bd56d814','thread_f3c9e2b5b44fc01e74571ca6','thread_f3c9e2b5b44fc01e74571ca6','asst_ddc7c30b4bd267628ec5b7e2','requires_action','19656bc048a6f160',0,0,1.79583342479170727729e+09,NULL,NULL,1);
CREATE TABLE steps (
    id TEXT PRIMARY KEY,                        -- step_…
    run_id TEXT NOT NULL REFERENCES runs (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,                        -- JSON
    ref TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    UNIQUE (run_id, name)
);
INSERT INTO "steps" VALUES('step_f44d29c72bc4506bdaf54da9','run_03a24713c012385a0e159445','post:0','{"id": "1795833419.318036"}','slack:T0TEAM0001:C0GENERAL1:1795833419.318036',1.79583341930278134342e+09);
INSERT INTO "steps" VALUES('step_5b8f2794a0e152730ff3268f','run_03a24713c012385a0e159445','answer','{"ending": "completed", "text": "I am the offline model: no key, no network. You said \"hello\". This thread is new: I remember nothing before it.", "note": "", "error": "", "usage": {"input_tokens": 35, "output_tokens": 28, "cached_tokens": 0}, "head": "", "files": []}',NULL,1.79583341969154787064e+09);
INSERT INTO "steps" VALUES('step_63668710475319d8b547a26f','run_f45676ffb7d6857132f56792','post:0','{"id": "1576064339377389568"}','discord:1576064339377389568',1.79583342035985922815e+09);
INSERT INTO "steps" VALUES('step_9e7de3a86b8a30af11fd1730','run_f45676ffb7d6857132f56792','answer','{"ending": "completed", "text": "I am the offline model: no key, no network. You said \"hi there\". This thread is new: I remember nothing before it.", "note": "", "error": "", "usage": {"input_tokens": 35, "output_tokens": 29, "cached_tokens": 0}, "head": "", "files": []}',NULL,1.79583342075640463829e+09);
INSERT INTO "steps" VALUES('step_38b3a683760064a004e38635','run_294078a54d46cbd2bd56d814','post:0','{"id": "1576064358809600000"}','discord:1576064358809600000',1.7958334249985771179e+09);
INSERT INTO "steps" VALUES('step_e337192ed551c9f7acc93593','run_294078a54d46cbd2bd56d814','round:0','{"text": "", "items": [{"type": "function_call", "call_id": "call_ae17521932e918cf86e675871d9b5e31cbf1d12d0000", "name": "announce", "arguments": "{\"text\":\"tea\"}"}], "calls": [{"id": "call_ae17521932e918cf86e675871d9b5e31cbf1d12d0000", "name": "announce", "arguments": "{\"text\":\"tea\"}", "server": ""}], "files": [], "cited": []}',NULL,1.79583342499935317039e+09);
INSERT INTO "steps" VALUES('step_b0e65c8cf47b2dc09800392a','run_294078a54d46cbd2bd56d814','ask:appr_a9587a40c06a48d73d5c2bc4','{"id": "1576064358830571520"}','discord:1576064358830571520',1.79583342500402975082e+09);
CREATE TABLE summaries (
    thread_id TEXT PRIMARY KEY REFERENCES threads (id),
    text TEXT NOT NULL,
    upto INTEGER NOT NULL,                      -- items.seq; 0: nothing is summarised yet
    due INTEGER NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL
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
INSERT INTO "thread_map" VALUES('slack','T0TEAM0001','C0GENERAL1','user','U0YOU00001','thread_1b1143003d354ef9afae94a2');
INSERT INTO "thread_map" VALUES('discord','','300000000000000001','user','200000000000000001','thread_f3c9e2b5b44fc01e74571ca6');
CREATE TABLE threads (
    id TEXT PRIMARY KEY,                        -- thread_…
    created_at DOUBLE PRECISION NOT NULL,
    origin TEXT NOT NULL                        -- 'new' | 'reset': after a reset nothing older is context
, token_ratio DOUBLE PRECISION);
INSERT INTO "threads" VALUES('thread_1b1143003d354ef9afae94a2',1795833418.24409,'new',0.5);
INSERT INTO "threads" VALUES('thread_f3c9e2b5b44fc01e74571ca6',1.7958334201323010921e+09,'new',0.5);
CREATE TABLE topics (
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    channel TEXT NOT NULL,
    topic TEXT NOT NULL,
    last_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (platform, workspace, channel, topic)
);
INSERT INTO "topics" VALUES('slack','T0TEAM0001','C0GENERAL1','1795833418.230860',1795833418.23086);
INSERT INTO "topics" VALUES('discord','','300000000000000001','300000000000000001',1795833424.79);
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
CREATE TABLE vector_stores (
    owner TEXT PRIMARY KEY,
    remote TEXT NOT NULL,                       -- vs_…
    expires_at DOUBLE PRECISION                 -- NULL: never
);
CREATE INDEX runs_waiting ON runs (lane, seq) WHERE status = 'queued';
CREATE UNIQUE INDEX runs_live ON runs (lane) WHERE status IN ('in_progress', 'requires_action', 'cancelling');
CREATE INDEX runs_unfinished ON runs (status, seq)
    WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling');
CREATE INDEX messages_run ON messages (run_id, seq);
CREATE INDEX messages_topic ON messages (platform, workspace, channel, topic, sent_at);
CREATE INDEX topics_recent ON topics (platform, last_at);
CREATE INDEX steps_ref ON steps (ref) WHERE ref IS NOT NULL;
CREATE INDEX items_thread ON items (thread_id, seq);
CREATE INDEX files_run ON files (run_id);
CREATE INDEX files_thread ON files (thread_id, created_at);
CREATE INDEX approvals_waiting ON approvals (person) WHERE state = 'waiting';
CREATE INDEX summaries_due ON summaries (due) WHERE due = 1;
COMMIT;
PRAGMA user_version = 2;
