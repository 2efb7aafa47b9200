"""Messages: what people said, each once, and which run answers it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from secrets import token_hex

from core.store.database import Execute
from core.types import Address, Attachment, Earlier, IncomingMessage, RunId, ThreadId

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
    if message.files:
        body["files"] = [asdict(one) for one in message.files]
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
            json.dumps(body, ensure_ascii=False),
            message.sent_at,
        ),
    )
    tx.execute(
        "INSERT INTO topics (platform, workspace, channel, topic, last_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (platform, workspace, channel, topic) DO UPDATE SET last_at = excluded.last_at "
        "WHERE topics.last_at < excluded.last_at",
        (address.platform, address.workspace, address.channel, address.topic, message.sent_at),
    )


def of_run(tx: Execute, run: RunId) -> tuple[IncomingMessage, ...]:
    """The messages a run answers, in the order they were accepted; never empty for a run to be claimed."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM messages WHERE run_id = ? ORDER BY seq", (run,)).fetchall()
    return tuple(_message(*row) for row in rows)


def _message(
    platform: str, workspace: str, channel: str, topic: str, id: str, person: str, body: str, sent_at: float
) -> IncomingMessage:
    address, kept = Address(platform, workspace, channel, topic), json.loads(body)
    files = tuple(Attachment(**one) for one in kept.pop("files", ()))
    return IncomingMessage(id=id, address=address, user=person, sent_at=sent_at, files=files, **kept)


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
        tx.execute(f"SELECT 1 FROM messages WHERE person NOT IN ({marks}) LIMIT 1", people).fetchall()
    )


def newest(tx: Execute) -> float:
    """When the last message of all was sent; 0 when there is none."""
    return float(tx.execute("SELECT COALESCE(MAX(sent_at), 0) FROM messages").fetchall()[0][0])


def recent(tx: Execute, platform: str, since: float) -> list[Address]:
    """Topics in which someone wrote to the assistant since then, the latest first."""
    rows = tx.execute(
        "SELECT workspace, channel, topic FROM topics WHERE platform = ? AND last_at >= ? "
        "ORDER BY last_at DESC",
        (platform, since),
    ).fetchall()
    return [Address(platform, *row) for row in rows]
