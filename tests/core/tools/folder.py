"""The operator's tools folder with an example in it."""

from __future__ import annotations

import re
from pathlib import Path

from bots.cli.tools import EXAMPLES
from core.tools import Toolbox, load


def placed(folder: Path, name: str, **changes: str) -> Toolbox:
    """An example in the operator's folder, with the constants at its top changed."""
    folder.mkdir(mode=0o700, exist_ok=True)
    text = (EXAMPLES / f"{name}.py").read_text("utf-8")
    for constant, value in changes.items():
        text, count = re.subn(
            rf"^{constant}(: \S+)? = .*$", f"{constant} = {value}", text, flags=re.MULTILINE
        )
        assert count == 1
    (folder / f"{name}.py").write_text(text, "utf-8")
    (folder / f"{name}.py").chmod(0o600)
    box = load(folder, seconds=30)
    assert not box.problems
    return box
