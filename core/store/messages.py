"""Messages: what people said, each once, and which run answers it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from secrets import token_hex
from typing import Any, Final

from core.store.database import Execute
from core.types import Address, Attachment, Earlier, IncomingMessage, Over, Quote, RunId, ThreadId

GONE: Final = "gone"
"""The key of a body that says that the person has deleted the message: it survives any crash."""
DELETED: Final = "[This message was deleted by the person who wrote it.]"
"""What is read in place of its words."""
_BESIDE: Final = ("files", "quotes", "mentions", "repeats")
_COLUMNS = "platform, workspace, channel, topic, platform_id, person, body, sent_at"


def known(tx: Execute, message: IncomingMessage) -> bool:
    """True when this very message was accepted before, by whatever road it came."""
    address = message.address
    return bool(
        tx.execute(
            "SELECT 1 FROM messages WHERE platform = ? AND workspace = ? AND channel = ? AND platform_id = ?",
            (address.platform, address.workspace, address.channel, message.id),
        ).fetchall()
    )


def add(tx: Execute, message: IncomingMessage, thread: ThreadId, run: RunId | None) -> None:
    """Store a message that is not known yet."""
    address = message.address
    kept = ("text", "kind", "author", "locale", "inside_topic", "parent")
    body: dict[str, object] = {name: getattr(message, name) for name in kept}
    if message.team:
        body["team"] = message.team
    body |= {name: True for name in ("followed", "unproven", "app") if getattr(message, name)}
    if message.over:
        body["over"] = asdict(message.over)
    tx.execute(
        f"INSERT INTO messages (id, thread_id, run_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            f"msg_{token_hex(12)}",
            thread,
            run,
            address.platform,
            address.workspace,
            address.channel,
            address.topic,
            message.id,
            message.user,
            json.dumps(body | _beside(message), ensure_ascii=False),
            message.sent_at,
        ),
    )
    tx.execute(
        "INSERT INTO topics (platform, workspace, channel, topic, last_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (platform, workspace, channel, topic) DO UPDATE SET last_at = excluded.last_at "
        "WHERE topics.last_at < excluded.last_at",
        (address.platform, address.workspace, address.channel, address.topic, message.sent_at),
    )


def _beside(message: IncomingMessage) -> dict[str, object]:
    """What a message brings besides its words; what it does not have is left out."""
    told: dict[str, object] = {
        name: one for name in ("mentions", "repeats") if (one := getattr(message, name))
    }
    lists = {name: getattr(message, name) for name in ("files", "quotes")}
    return told | {name: [asdict(one) for one in values] for name, values in lists.items() if values}


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is stored. `run`: that which answers it, None where it was withdrawn or needs none."""

    seq: int
    thread: ThreadId
    run: RunId | None
    body: dict[str, Any]

    @property
    def gone(self) -> bool:
        """Whether the person has deleted it."""
        return GONE in self.body


def row(tx: Execute, address: Address, platform_id: str) -> Row | None:
    """The message of that channel, None when it is not known."""
    rows = tx.execute(
        "SELECT seq, thread_id, run_id, body FROM messages WHERE platform = ? AND workspace = ? "
        "AND channel = ? AND platform_id = ?",
        (address.platform, address.workspace, address.channel, platform_id),
    ).fetchall()
    return _row(*rows[0]) if rows else None


def _row(seq: int, thread: str, run: str | None, body: str) -> Row:
    return Row(seq, ThreadId(thread), RunId(run) if run else None, json.loads(body))


def rows_of(tx: Execute, run: RunId) -> list[Row]:
    """Those a run answers, in their order."""
    rows = tx.execute(
        "SELECT seq, thread_id, run_id, body FROM messages WHERE run_id = ? ORDER BY seq", (run,)
    ).fetchall()
    return [_row(*one) for one in rows]


def identity(tx: Execute, seq: int) -> tuple[str, str, str, str]:
    """Platform, workspace, channel and id there."""
    rows = tx.execute(
        "SELECT platform, workspace, channel, platform_id FROM messages WHERE seq = ?", (seq,)
    ).fetchall()
    platform, workspace, channel, id = rows[0]
    return platform, workspace, channel, id


def asked_since(tx: Execute, address: Address, sent_at: float) -> list[RunId]:
    """Runs that answer what was said in that topic from then on."""
    rows = tx.execute(
        "SELECT DISTINCT run_id FROM messages WHERE platform = ? AND workspace = ? AND channel = ? "
        "AND topic = ? AND sent_at >= ? AND run_id IS NOT NULL",
        (address.platform, address.workspace, address.channel, address.topic, sent_at),
    ).fetchall()
    return [RunId(run) for (run,) in rows]


def repeating(tx: Execute, address: Address, platform_id: str, sent_at: float) -> list[str]:
    """Ids of those in that topic that say the words of this message again."""
    rows = tx.execute(
        "SELECT platform_id, body FROM messages WHERE platform = ? AND workspace = ? AND channel = ? "
        "AND topic = ? AND sent_at >= ? AND instr(body, '\"repeats\": ') > 0 AND instr(body, ?) > 0",
        (address.platform, address.workspace, address.channel, address.topic, sent_at, platform_id),
    ).fetchall()
    return [id for id, body in rows if platform_id in json.loads(body).get("repeats", ())]


def newest_of(tx: Execute, thread: ThreadId, run: RunId, asked: IncomingMessage) -> bool:
    """Whether nothing was asked in that thread after it, which this run answers; in any of its topics."""
    last = "SELECT run_id FROM items WHERE thread_id = ? ORDER BY seq DESC LIMIT 1"
    if [said for (said,) in tx.execute(last, (thread,)).fetchall() if said != run]:
        return False
    unfinished = "status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
    waiting = f"SELECT 1 FROM runs WHERE {unfinished} AND thread_id = ? AND id != ? LIMIT 1"
    if tx.execute(waiting, (thread, run)).fetchall():
        return False
    rows = tx.execute(
        "SELECT 1 FROM messages WHERE platform = ? AND workspace = ? AND channel = ? AND topic = ? "
        "AND sent_at >= ? AND thread_id = ? AND run_id IS NOT NULL AND seq > "
        "(SELECT MAX(seq) FROM messages WHERE platform = ? AND workspace = ? AND channel = ? "
        "AND platform_id = ?) LIMIT 1",
        (
            asked.address.platform,
            asked.address.workspace,
            asked.address.channel,
            asked.address.topic,
            asked.sent_at,
            thread,
            asked.address.platform,
            asked.address.workspace,
            asked.address.channel,
            asked.id,
        ),
    ).fetchall()
    return not rows


def write(tx: Execute, seq: int, body: Mapping[str, object]) -> None:
    """Put another body in the place of a message's."""
    tx.execute(
        "UPDATE messages SET body = ? WHERE seq = ?", (json.dumps(body, ensure_ascii=False), seq)
    ).fetchall()


def amend(tx: Execute, message: IncomingMessage) -> tuple[ThreadId, RunId] | None:
    """The person changed it: what it says now, while its run has not begun. Gives who will answer it.

    None where nothing changes: no other words, none at all, or too late.
    """
    found = row(tx, message.address, message.id)
    if found is None or found.gone or found.run is None or found.body["kind"] != "ask":
        return None
    if not message.text or message.text == found.body["text"]:
        return None
    if not tx.execute("SELECT 1 FROM runs WHERE id = ? AND status = 'queued'", (found.run,)).fetchall():
        return None
    kept = {name: value for name, value in found.body.items() if name not in _BESIDE}
    write(tx, found.seq, kept | {"text": message.text} | _beside(message))
    return found.thread, found.run


def attached(tx: Execute, address: Address, platform_id: str) -> list[str] | None:
    """Ids of the files that stand at a message now, None for one that is not known."""
    found = row(tx, address, platform_id)
    return [str(file["id"]) for file in found.body.get("files", ())] if found else None


def of_run(tx: Execute, run: RunId) -> tuple[IncomingMessage, ...]:
    """The messages a run answers, in the order they were accepted; never empty for a run to be claimed."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM messages WHERE run_id = ? ORDER BY seq", (run,)).fetchall()
    return tuple(_briefly(tx, run, _message(*row)) for row in rows)


def _briefly(tx: Execute, run: RunId, message: IncomingMessage) -> IncomingMessage:
    """Without the quote of what stands right before it in the thread, the newest answer there."""
    newest = "SELECT run_id FROM items WHERE thread_id = (SELECT thread_id FROM runs WHERE id = ?)"
    shown = f"SELECT 1 FROM steps WHERE ref = ? AND run_id = ({newest} ORDER BY seq DESC LIMIT 1)"
    if not message.text or not any(one.ref for one in message.quotes):
        return message
    told = [one for one in message.quotes if not tx.execute(shown, (one.ref, run)).fetchall()]
    return replace(message, quotes=tuple(told))


def _message(
    platform: str, workspace: str, channel: str, topic: str, id: str, person: str, body: str, sent_at: float
) -> IncomingMessage:
    address, kept = Address(platform, workspace, channel, topic), json.loads(body)
    if kept.pop(GONE, None):  # its run goes on for others' sake: nobody reads any more what it said
        kept = {name: one for name, one in kept.items() if name not in _BESIDE} | {"text": DELETED}
    kept["files"] = tuple(Attachment(**one) for one in kept.get("files", ()))
    kept["quotes"] = tuple(Quote(**one) for one in kept.get("quotes", ()))
    kept |= {name: tuple(kept.get(name, ())) for name in ("mentions", "repeats")}
    kept["over"] = Over(**kept["over"]) if "over" in kept else None
    return IncomingMessage(id=id, address=address, user=person, sent_at=sent_at, **kept)


def withdraw(tx: Execute, address: Address, platform_id: str) -> RunId | None:
    """Take a message out of a run that has not begun. Gives the run that has nothing left to answer."""
    rows = tx.execute(
        "UPDATE messages SET run_id = NULL WHERE platform = ? AND workspace = ? AND channel = ? "
        "AND platform_id = ? AND run_id IN (SELECT id FROM runs WHERE status = 'queued') RETURNING thread_id",
        (address.platform, address.workspace, address.channel, platform_id),
    ).fetchall()
    if not rows:
        return None
    empty = tx.execute(
        "UPDATE runs SET status = 'cancelled', error = 'message deleted' WHERE lane = ? "
        "AND status = 'queued' AND NOT EXISTS "
        "(SELECT 1 FROM messages WHERE messages.run_id = runs.id) RETURNING id",
        (rows[0][0],),
    ).fetchall()
    return RunId(empty[0][0]) if empty else None


def spoke_before(tx: Execute, address: Address, user: str) -> bool:
    """True when this person has addressed the assistant in this topic before."""
    return bool(
        tx.execute(
            "SELECT 1 FROM messages WHERE platform = ? AND workspace = ? AND channel = ? AND topic = ? "
            "AND person = ? LIMIT 1",
            (address.platform, address.workspace, address.channel, address.topic, user),
        ).fetchall()
    )


def surroundings(tx: Execute, platform: str, channel: str) -> tuple[str, str]:
    """The workspace or server of a channel and, of a Discord thread, the channel it belongs to, as far as
    messages have told; "" for what they have not. In Slack every channel is in the one workspace.
    """
    for where, given in (("channel = ?", (channel,)), ("platform = 'slack'", ())):
        rows = tx.execute(
            f"SELECT workspace, json_extract(body, '$.parent') FROM messages WHERE platform = ? AND {where} "
            "ORDER BY seq DESC LIMIT 1",
            (platform, *given),
        ).fetchall()
        if rows:
            return rows[0][0], rows[0][1] or ""
    return "", ""


_BEFORE = "platform = ? AND workspace = ? AND channel = ? AND topic = ?"


def turns_of_apps(tx: Execute, address: Address, topic: str | None = None) -> int:
    """How many messages of apps came there, or in that topic of the channel, since a person's last one."""
    place = "platform = ? AND workspace = ? AND channel = ? AND topic = COALESCE(?, topic)"
    given = (address.platform, address.workspace, address.channel, topic)
    last = f"SELECT MAX(seq) FROM messages WHERE {place} AND json_extract(body, '$.app') IS NULL"
    rows = tx.execute(
        f"SELECT COUNT(*) FROM messages WHERE {place} AND seq > COALESCE(({last}), 0)", (*given, *given)
    ).fetchall()
    return int(rows[0][0])


def followed_before(tx: Execute, address: Address) -> bool:
    """Whether a follow-up that names nobody was accepted in this topic already."""
    found = "SELECT 1 FROM messages WHERE json_extract(body, '$.followed')"
    return bool(tx.execute(f"{found} AND {_BEFORE} LIMIT 1", _place(address)).fetchall())


def asked_last(tx: Execute, address: Address, before: float) -> tuple[str, float] | None:
    """Who said the last that was said to us in this topic before then, and when; None once it was `stop`."""
    rows = tx.execute(
        f"SELECT person, sent_at, json_extract(body, '$.kind') FROM messages WHERE {_BEFORE} "
        "AND sent_at < ? ORDER BY sent_at DESC, seq DESC LIMIT 1",
        (*_place(address), before),
    ).fetchall()
    return (rows[0][0], rows[0][1]) if rows and rows[0][2] != "stop" else None


def _place(address: Address) -> tuple[str, str, str, str]:
    return address.platform, address.workspace, address.channel, address.topic


def last_in_topic(tx: Execute, thread: ThreadId, message: IncomingMessage) -> float | None:
    """When this thread was last asked something in the topic of that message before it."""
    address = message.address
    rows = tx.execute(
        "SELECT MAX(sent_at) FROM messages WHERE platform = ? AND workspace = ? AND channel = ? "
        "AND topic = ? AND thread_id = ? AND sent_at < ?",
        (address.platform, address.workspace, address.channel, address.topic, thread, message.sent_at),
    ).fetchall()
    latest: float | None = rows[0][0]
    return latest


def unseen(tx: Execute, thread: ThreadId, address: Address, earlier: Sequence[Earlier]) -> list[Earlier]:
    """Those of a topic's messages that are not part of the thread already."""
    said = (
        "SELECT 1 FROM messages WHERE platform = ? AND workspace = ? AND channel = ? AND platform_id = ? "
        "AND thread_id = ?"
    )
    shown = (  # by the thread itself, or one of our own texts, whose runs have a lane of their own
        "SELECT 1 FROM steps JOIN runs ON runs.id = steps.run_id "
        "WHERE ref = ? AND (thread_id = ? OR lane = runs.id)"
    )
    place = (address.platform, address.workspace, address.channel)
    return [
        one
        for one in earlier
        if not tx.execute(said, (*place, one.id, thread)).fetchall()
        and not tx.execute(shown, (one.ref, thread)).fetchall()
    ]


def from_others(tx: Execute, people: Sequence[str]) -> bool:
    """True when somebody else than these has ever written."""
    marks = ", ".join("?" for _ in people)
    return bool(
        tx.execute(
            f"SELECT 1 FROM messages WHERE platform <> '' AND person NOT IN ({marks}) LIMIT 1", people
        ).fetchall()
    )


def newest(tx: Execute) -> float:
    """When the last message of all was sent; 0 when there is none."""
    found = tx.execute("SELECT COALESCE(MAX(sent_at), 0) FROM messages WHERE platform <> ''").fetchall()
    return float(found[0][0])


def recent(tx: Execute, platform: str, since: float) -> list[Address]:
    """Topics in which someone wrote to the assistant since then, the latest first."""
    rows = tx.execute(
        "SELECT workspace, channel, topic FROM topics WHERE platform = ? AND last_at >= ? "
        "ORDER BY last_at DESC",
        (platform, since),
    ).fetchall()
    return [Address(platform, *row) for row in rows]


def last_channel(tx: Execute, platform: str, person: str) -> str:
    """Where that person was last read, "" where never."""
    sql = "SELECT channel FROM messages WHERE platform = ? AND person = ? ORDER BY seq DESC LIMIT 1"
    return "".join(channel for (channel,) in tx.execute(sql, (platform, person)).fetchall())
