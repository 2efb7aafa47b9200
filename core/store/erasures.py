"""Erasures: whose data is to go, and what of it is left at the model server until it is gone there, too.

What makes an erasure safe: it is a row before anything is removed, every step may be repeated, and the row
says that it is done only when nothing is left in the file. What was at the model server becomes a row of
`remains` in the transaction that removes ours, so a kill forgets none of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from core.store import audit, deletions, forgetting, messages, reservations, usage
from core.store.audit import Entry
from core.store.database import Execute
from core.store.runs import LIVE, UNFINISHED
from core.types import Address, IncomingMessage, RunId, ThreadId

AT_ONCE: Final = 25
"""Runs that are removed in one transaction: others wait to write."""
KNOWN: Final = 40 * 86_400.0
"""Seconds for which it is known that something was erased: longer than any history is read again."""
_QUOTED: Final = 12
"""Characters of a line that is looked for in what others were answered: shorter ones anybody says."""
_COLUMNS: Final = "whose, asked_at, actor, upto, done_at"
_OTHERS: Final = "SELECT 1 FROM messages AS o WHERE o.role = 'user' AND o.person <> m.person"
_SPOKE: Final = "SELECT DISTINCT thread_id FROM messages WHERE platform = ? AND person = ?"
_BY_THREAD: Final = (  # each thread is looked at once, not for each of its messages
    "SELECT thread_id FROM (SELECT DISTINCT thread_id, person FROM messages "
    "WHERE platform = ? AND person = ?) AS m WHERE"
)
OWN_THREADS: Final = f"{_BY_THREAD} NOT EXISTS ({_OTHERS} AND o.thread_id = m.thread_id)"
SHARED_THREADS: Final = f"{_BY_THREAD} EXISTS ({_OTHERS} AND o.thread_id = m.thread_id)"
_THEIRS: Final = "SELECT 1 FROM messages AS m WHERE m.run_id = runs.id AND platform = ? AND person = ?"
_ALONE: Final = f"EXISTS ({_THEIRS} AND seq <= ? AND NOT EXISTS ({_OTHERS} AND o.run_id = m.run_id))"


@dataclass(frozen=True, slots=True)
class Erasure:
    """`whose`: of a person (`slack:U…`, `discord:…`), or of a workspace that let the bot go (`slack/T…`).

    `upto`: what they said later stays (`messages.seq`).
    """

    whose: str
    asked_at: float
    actor: str
    upto: int
    done_at: float | None = None

    @property
    def of(self) -> tuple[str, str]:
        """The platform, and the id there."""
        platform, _, id = self.whose.replace("/", ":", 1).partition(":")
        return platform, id


def begin(tx: Execute, person: str, actor: str, now: float) -> None:
    """It is to be done, whoever does it. What that person says from now on is another conversation."""
    of = Erasure(person, now, actor, 0).of
    last = "SELECT COALESCE(MAX(seq), 0), COALESCE(MAX(sent_at), 0) FROM messages"
    upto, sent_at = tx.execute(f"{last} WHERE platform = ? AND person = ?", of).fetchall()[0]
    tx.execute(
        "INSERT INTO erasures (whose, asked_at, actor, upto, sent_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (whose) DO UPDATE SET asked_at = excluded.asked_at, actor = excluded.actor, "
        "upto = excluded.upto, done_at = NULL, sent_at = "
        "CASE WHEN excluded.sent_at > erasures.sent_at THEN excluded.sent_at ELSE erasures.sent_at END",
        (person, now, actor, upto, sent_at),
    )
    tx.execute(f"DELETE FROM thread_map WHERE thread_id IN ({OWN_THREADS})", of).fetchall()
    audit.add(tx, Entry(now, actor, "data.erase", person))


def left(tx: Execute, platform: str, workspace: str, now: float) -> None:
    """That workspace has let the bot go. Known already: since then."""
    whose = f"{platform}/{workspace}"
    tx.execute(
        "INSERT INTO erasures (whose, asked_at, actor, upto, sent_at) VALUES (?, ?, ?, 0, 0) "
        "ON CONFLICT (whose) DO UPDATE SET asked_at = excluded.asked_at, done_at = NULL "
        "WHERE erasures.done_at IS NOT NULL",
        (whose, now, whose),
    ).fetchall()


def back(tx: Execute, platform: str, workspace: str) -> None:
    """It has taken the bot in again: what is still there stays."""
    tx.execute("DELETE FROM erasures WHERE whose = ?", (f"{platform}/{workspace}",)).fetchall()


def only(tx: Execute, platform: str, workspaces: Collection[str], now: float) -> None:
    """All others in which something was said have let the bot go, as far as that is not known yet."""
    next_, last = "SELECT MIN(workspace) FROM messages WHERE platform = ? AND workspace > ?", ""
    while (found := tx.execute(next_, (platform, last)).fetchall()[0][0]) is not None:
        last = str(found)
        if last not in workspaces:
            left(tx, platform, last, now)


def get(tx: Execute, whose: str) -> Erasure | None:
    """The newest of that person or workspace."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM erasures WHERE whose = ?", (whose,)).fetchall()
    return Erasure(*rows[0]) if rows else None


def unfinished(tx: Execute) -> list[Erasure]:
    """What is still to be done, in the order it was asked for."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM erasures WHERE done_at IS NULL ORDER BY asked_at").fetchall()
    return [Erasure(*row) for row in rows]


def done(tx: Execute, one: Erasure, now: float) -> None:
    """Nothing of it is left here; unless it was asked for once more meanwhile.

    What was asked of the model server since `forget_person` is nobody's, too: now, or once it has a price.
    """
    finished = "UPDATE erasures SET done_at = ? WHERE whose = ? AND asked_at = ?"
    tx.execute(finished, (now, one.whose, one.asked_at)).fetchall()
    if "/" not in one.whose:
        usage.forget(tx, one.of[0], one.whose, (), now)


def covers(tx: Execute, message: IncomingMessage) -> bool:
    """Whether it was erased: a network that tells it again, or a history, does not bring it back."""
    sql = "SELECT 1 FROM erasures WHERE whose = ? AND sent_at >= ?"
    return bool(tx.execute(sql, (f"{message.address.platform}:{message.user}", message.sent_at)).fetchall())


def halt(tx: Execute, one: Erasure, now: float) -> list[tuple[RunId, bool]]:
    """End what is under way for them; gives what is not over yet, and whether it is to be stopped.

    A run that also answers others goes on.
    """
    named = (*one.of, one.upto)
    tx.execute(
        f"UPDATE runs SET status = 'cancelled', ended_at = ?, error = 'data erased' "
        f"WHERE status = 'queued' AND {_ALONE}",
        (now, *named),
    ).fetchall()
    live = f"status IN {LIVE} AND {_ALONE}"
    tx.execute(f"UPDATE runs SET status = 'cancelling' WHERE {live}", named).fetchall()
    under_way = f"SELECT id, {_ALONE} FROM runs WHERE {UNFINISHED} AND EXISTS ({_THEIRS} AND seq <= ?)"
    return [(RunId(id), bool(own)) for id, own in tx.execute(under_way, (*named, *named)).fetchall()]


def copied(tx: Execute, one: Erasure) -> ThreadId | None:
    """A copy of a thread they spoke in."""
    platform, id = one.of
    rows = tx.execute(
        f"SELECT id FROM threads WHERE copy_of IN ({_SPOKE}) UNION "
        "SELECT thread_id FROM messages WHERE platform = 'api' AND person = ? LIMIT 1",
        (platform, id, one.whose),
    ).fetchall()
    return ThreadId(rows[0][0]) if rows else None


def shared(tx: Execute, one: Erasure) -> list[ThreadId]:
    """Threads in which others spoke, too."""
    return [ThreadId(id) for (id,) in tx.execute(SHARED_THREADS, one.of).fetchall()]


def quotes(tx: Execute, one: Erasure, thread: ThreadId) -> tuple[list[str], list[tuple[str, Any]]]:
    """Their lines there, and where what others said and were answered repeats one word for word: see
    `deletions.quoting`.
    """
    said = "SELECT seq, body FROM messages WHERE thread_id = ? AND platform = ? AND person = ? AND seq <= ?"
    mine = {seq: json.loads(body) for seq, body in tx.execute(said, (thread, *one.of, one.upto)).fetchall()}
    heard = (
        "SELECT transcript FROM files WHERE transcript IS NOT NULL AND thread_id = ? AND run_id IN "
        "(SELECT run_id FROM messages WHERE platform = ? AND person = ?)"
    )
    texts = [str(body.get("text", "")) for body in mine.values()]
    texts += [text for (text,) in tx.execute(heard, (thread, *one.of)).fetchall()]
    lines = {line.strip() for text in texts for line in (text, *text.splitlines())}
    long = sorted((line for line in lines if len(line) >= _QUOTED), key=len)[::-1]
    return long, deletions.quoting(tx, thread, long)


def between(tx: Execute, one: Erasure) -> None:
    """Of runs that answer others, too, their messages become empty; once those runs have ended."""
    mixed = (
        "SELECT seq, workspace, channel, topic, platform_id, sent_at, body FROM messages AS m "
        "WHERE platform = ? AND person = ? AND seq <= ? AND run_id IS NOT NULL "
        f"AND EXISTS ({_OTHERS} AND o.run_id = m.run_id)"
    )
    for seq, *where, id, sent_at, body in tx.execute(mixed, (*one.of, one.upto)).fetchall():
        deletions.delete(tx, Address(one.of[0], *where), id, sent_at)
        messages.write(tx, seq, {"text": "", "kind": json.loads(body)["kind"], messages.GONE: True})
        tx.execute("UPDATE messages SET person = '' WHERE seq = ?", (seq,)).fetchall()


def forget_some(tx: Execute, one: Erasure, now: float) -> bool:
    """Remove some of the runs that are to go; whether there may be more. At last what no run answers."""
    found = _runs_of(tx, one)
    for run in found:
        forgetting.forget_run(tx, run, one.whose, now)
    for thread in [] if found else _strays(tx, one):
        forgetting.tidy(tx, thread, one.whose, now)
    return bool(found)


def _runs_of(tx: Execute, one: Erasure) -> list[RunId]:
    platform, id = one.of
    where = "workspace = ?" if "/" in one.whose else "person = ? AND seq <= ?"
    sql = (
        f"SELECT DISTINCT run_id FROM messages WHERE platform = ? AND {where} AND run_id IS NOT NULL LIMIT ?"
    )
    named = (platform, id) if "/" in one.whose else (platform, id, one.upto)
    return [RunId(run) for (run,) in tx.execute(sql, (*named, AT_ONCE)).fetchall()]


_CHATS: Final = "(SELECT id FROM threads WHERE project IS NULL OR copy_of IS NOT NULL)"


def forget_old(tx: Execute, before: float, now: float) -> bool:
    """Remove some of what was said in chats and in copies of them before then; whether there may be more."""
    ended = f"SELECT id FROM runs WHERE ended_at < ? AND thread_id IN {_CHATS} ORDER BY seq LIMIT ?"
    found = tx.execute(ended, (before, AT_ONCE)).fetchall()
    for (run,) in found:
        forgetting.forget_run(tx, RunId(run), "", now)
    if not found:
        unanswered = (
            f"DELETE FROM messages WHERE run_id IS NULL AND sent_at < ? AND role = 'user' "
            f"AND thread_id IN {_CHATS} RETURNING thread_id"
        )
        for (thread,) in tx.execute(unanswered, (before,)).fetchall():
            forgetting.tidy(tx, ThreadId(thread), "", now)
        copies = "SELECT id FROM threads WHERE copy_of IS NOT NULL AND created_at < ?"
        for (thread,) in tx.execute(copies, (before,)).fetchall():
            forgetting.forget_thread(tx, ThreadId(thread), "", now)
    return bool(found)


def settle(tx: Execute, now: float) -> None:
    """Erasures that are long done, and notices and limits whose time is over, are not needed any more."""
    tx.execute("DELETE FROM erasures WHERE done_at < ?", (now - KNOWN,)).fetchall()
    tx.execute("DELETE FROM notices WHERE until < ?", (now,)).fetchall()
    tx.execute("DELETE FROM buckets WHERE full_at < ?", (now,)).fetchall()
    if begun := usage.today(tx, now):
        reservations.over(tx, begun[1])


def people_of(tx: Execute, one: Erasure) -> list[str]:
    """Who spoke in that workspace and in no other place."""
    platform, workspace = one.of
    sql = (
        "SELECT person FROM messages WHERE platform = ? AND person IN (SELECT person FROM messages "
        "WHERE platform = ? AND workspace = ? AND person <> '') "
        "GROUP BY person HAVING MIN(workspace) = MAX(workspace)"
    )
    found = tx.execute(sql, (platform, platform, workspace)).fetchall()
    return [f"{platform}:{person}" for (person,) in found]


def _strays(tx: Execute, one: Erasure) -> list[ThreadId]:
    """What they said that no run answers goes, and topics in which nothing is left; gives its threads."""
    platform, id = one.of
    where = "workspace = ?" if "/" in one.whose else "person = ? AND seq <= ?"
    named = (platform, id) if "/" in one.whose else (platform, id, one.upto)
    unanswered = f"DELETE FROM messages WHERE platform = ? AND {where} AND run_id IS NULL RETURNING thread_id"
    threads = {ThreadId(thread) for (thread,) in tx.execute(unanswered, named).fetchall()}
    if "/" not in one.whose:  # such as a reset has begun, and nothing was said in since
        begun = "substr(member, 1, instr(member || ' ', ' ') - 1) = ?"
        mapped = f"SELECT thread_id FROM thread_map WHERE platform = ? AND scope <> 'topic' AND {begun}"
        threads |= {ThreadId(thread) for (thread,) in tx.execute(mapped, (platform, id)).fetchall()}
    tx.execute(
        "DELETE FROM topics WHERE platform = ? AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE "
        "m.platform = topics.platform AND m.workspace = topics.workspace AND m.channel = topics.channel "
        "AND m.topic = topics.topic)",
        (platform,),
    ).fetchall()
    return sorted(threads)


_PLAIN: Final = (
    *("DELETE FROM feedback WHERE person = ?", "DELETE FROM sessions WHERE name = ?"),
    *(
        "DELETE FROM notices WHERE person = ? AND about = 'access'",
        "UPDATE runs SET person = NULL WHERE person = ?",
    ),
    "UPDATE saved_questions SET actor = '' WHERE actor = ?",
)
"""Notices and buckets of limits stay until their windows end: to erase is no way around a limit."""


def forget_person(tx: Execute, one: Erasure, now: float) -> None:
    """What is kept of a person beside what was said: votes, logins, names; of the ledger all but its numbers.

    Before what was said goes, for that tells which direct messages are theirs.
    """
    platform, id = one.of
    if "/" in one.whose:
        tx.execute("DELETE FROM names WHERE platform = ? AND workspace = ?", (platform, id)).fetchall()
        return
    own = "channel LIKE 'D%'" if platform == "slack" else "workspace = ''"
    direct = f"SELECT DISTINCT channel FROM messages WHERE platform = ? AND person = ? AND {own}"
    places = [place for (place,) in tx.execute(direct, (platform, id)).fetchall()]
    for sql in _PLAIN:
        tx.execute(sql, (one.whose,)).fetchall()
    tx.execute("DELETE FROM buckets WHERE subject = ? AND full_at <= ?", (one.whose, now)).fetchall()
    for each in (id, *places):
        tx.execute("DELETE FROM names WHERE platform = ? AND id = ?", (platform, each)).fetchall()
    usage.forget(tx, platform, one.whose, places, now)
