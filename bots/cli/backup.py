"""`backup FILE`: a copy of the database, also while the bot runs."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bots.typed_path import typed_path
from core.settings import Settings
from core.store.backup import save


def add(subparsers: Any, spool: str = "spool") -> None:
    """Register the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "backup",
        help="copy the database to a file, also while the bot runs",
        description="Copy the database of DATA_DIR to a new file for your eyes only. See docs/operate.md.",
    )
    parser.add_argument("file", type=typed_path, metavar="FILE", help="a file that does not exist yet")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    save(settings.data_dir / "spool.sqlite3", options.file)
    sys.stdout.write(
        f"{options.file} written. It holds people's messages: keep it where only you can read it.\n"
    )
    return 0
