"""Runs and threads as the page lists them: from outside, without anybody's words."""

from __future__ import annotations

from typing import Any, Final

from core.api.console.reasons import why
from core.api.key import Key
from core.runs.lanes import MAX_ATTEMPTS
from core.store import threads
from core.store.console import Row, View
from core.types import Address

_SAME: Final = ("id", "thread_id", "status", "model", "created_at", "began_at", "input", "output", "cost_usd")


def view_of(key: Key) -> View:
    """What that person sees: an admin all projects."""
    return View(None if key.admin else key.project)


def run_row(row: Row, language: str = "en") -> dict[str, Any]:
    """A run of a list."""
    words, whole = row["first_text_at"], row["ended_at"]
    began = row["created_at"]
    return {
        **{name: row[name] for name in _SAME},
        "why": why(row["status"], row["error"], language),
        **_where(row),
        "first_word_s": None if words is None else round(max(0.0, words - began), 3),
        "whole_s": None if whole is None else round(whole - began, 3),
        "attempts": min(row["attempts"] + (row["began_at"] is not None), MAX_ATTEMPTS),
        "takeovers": row["takeovers"],
        "feedback": row["feedback"],
        "trial": row["trial"],
    }


def thread_row(row: Row) -> dict[str, Any]:
    """A thread of a list: who wrote last, and how that ended."""
    last = row["run"]
    where = (
        _where(last) if last else {"platform": "api" if row["project"] else "", "person": "", "person_id": ""}
    )
    return {
        "id": row["id"],
        "assistant": None,
        **where,
        "place": row["place"] or where.get("place", ""),
        "scope": _extent(row),
        "reset": not row["project"] and not row["scope"],
        "copy_of": row["copy_of"],
        **{name: row[name] for name in ("messages", "tokens", "cost_usd", "trial")},
        "summary": bool(row["summary"]),
        "last_at": last["created_at"] if last else row["created_at"],
        "status": last["status"] if last else None,
    }


def _extent(row: Row) -> str | None:
    """How far it reaches, as people see it; None of a client's, and of one that a reset has ended."""
    if not row["scope"]:
        return None
    topic = row["channel"] if row["scope"] == "user" else row["member"].rpartition(" ")[2]
    address = Address(row["platform"], row["workspace"], row["channel"], topic)
    return threads.Scopes(row["scope"]).extent(address)


def _where(row: Row) -> dict[str, Any]:
    """Where it was asked, by whom, and who answers."""
    person = row["who"] if row["platform"] == "api" or not row["who"] else f"{row['platform']}:{row['who']}"
    told = {"id": row["assistant_id"], "name": row["assistant_name"], "version": row["assistant_version"]}
    return {
        "platform": row["platform"],
        "place": row["place_name"] or row["place"],
        "person": row["person_name"] or person,
        "person_id": person,
        "assistant": told if row["assistant_id"] else None,
    }
