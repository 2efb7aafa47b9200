"""What the demo's bot is to run: all that its process is told."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from core.settings import Settings


class Order(NamedTuple):
    """`tools`: the demo's own. `hosted`: the model is the offline one, so what its server does is free."""

    settings: Settings
    tools: Path
    hosted: bool
