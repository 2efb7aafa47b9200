"""Facts: small values that platforms and the product keep over restarts, each under its name."""

from __future__ import annotations

import json
from typing import Any

from core.store.database import Execute


def find(tx: Execute, name: str) -> Any:
    """A fact that was stored, None when it never was."""
    rows = tx.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchall()
    return json.loads(rows[0][0]) if rows else None


def remember(tx: Execute, name: str, value: object) -> None:
    """Store a fact under its name, replacing the former one."""
    tx.execute(
        "INSERT INTO facts (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, json.dumps(value)),
    )
