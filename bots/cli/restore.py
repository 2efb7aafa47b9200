"""`restore FILE`: a copy that `backup` made becomes the database again."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bots.typed_path import typed_path
from core.settings import Settings
from core.store.backup import restore
from core.store.data_dir import data_directory, only_runner
from core.store.database import migrations


def add(subparsers: Any, spool: str = "spool") -> None:
    """Register the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "restore",
        help="put such a copy back",
        description="Put a copy in the place of the database of DATA_DIR, and keep what was there under "
        "another name. The bot must be stopped. See docs/operate.md.",
    )
    parser.add_argument("file", type=typed_path, metavar="FILE", help="a file that `backup` wrote")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    directory = data_directory(settings.data_dir)
    with only_runner(directory):
        kept = restore(options.file, directory / "spool.sqlite3", len(migrations()))
    sys.stdout.write(f"{options.file} is now the database of DATA_DIR={directory}.\n")
    if kept:
        sys.stdout.write(f"What was there before is kept as {kept}. Delete it when you do not need it.\n")
    return 0
