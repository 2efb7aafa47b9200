"""`spool data`: nothing goes without a yes, and programs are told what is kept and what is left."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from core.store.data_dir import data_directory
from core.store.database import FILE, Database
from core.types import Address
from tests.commands import ran
from tests.core.queued import asked


async def test_a_person_is_shown_exported_and_erased(tmp_path: Path):
    """Without a terminal only `--yes` erases; then nothing is kept, whose it was says the audit."""
    with contextlib.closing(Database(data_directory(tmp_path / "data") / FILE)) as db:
        await db(lambda tx: asked(tx, "1", text="canary", address=Address("slack", "T1", "C1", "C1")))

    async def spool(*typed: str, status: int = 0) -> Any:
        code, out, err = await ran("data", *typed, cwd=tmp_path, environ={"DATA_DIR": "data"})
        assert status == code, err
        return err if status else json.loads(out)

    who = "slack:U1"
    assert "is no person" in await spool("show", "U1", status=2)
    assert "needs --yes" in await spool("erase", who, status=2)
    shown = await spool("show", who, "--json")
    assert {"id", "counts", "erasure", "remains", "copies"} == shown.keys()
    assert (1, None, []) == (shown["counts"]["messages"], shown["erasure"], shown["remains"])
    assert "canary" == (await spool("export", who))["messages"][0]["body"]["text"]
    erased = await spool("erase", who, "--yes", "--json")
    assert {"audit": 1} == {kind: count for kind, count in erased["counts"].items() if count}
    assert [] == (await spool("export", who))["messages"]
