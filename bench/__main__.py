"""The command: what is measured, in which order, and the table."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator

from bench import answers, api, boot, console, flood, growth, limits, usage, way
from bench.table import Row, table

PLATFORMS = ("slack", "discord")
WHAT = ("answers", "growth", "boot", "way", "api", "console", "usage", "flood", "all")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=WHAT)
    parser.add_argument("--people", default="1,10,50,200", help="how many ask at once, e.g. 1,50")
    parser.add_argument("--platform", choices=PLATFORMS, help="only this one; default: both")
    parser.add_argument("--limits", action="store_true", help="three minutes with the rate limits on")
    parser.add_argument("--verbose", action="store_true", help="of the way: its files and changes")
    parser.add_argument("--check", action="store_true", help="exit status 1 when a target is missed")
    return parser.parse_args(arguments)


async def _measured(options: argparse.Namespace) -> AsyncIterator[list[Row]]:
    """The rows of each measurement, as soon as it is done."""
    platforms = [options.platform] if options.platform else PLATFORMS
    if options.limits:
        for platform in platforms:
            yield await limits.measure(platform)
        return
    if options.what in ("boot", "all"):
        yield await boot.measure()
    if options.what in ("answers", "all"):
        for platform in platforms:
            for people in map(int, options.people.split(",")):
                yield await answers.measure(platform, people)
                if platform == "slack":
                    yield await answers.measure_floor(people)
    if options.what in ("growth", "all"):
        for platform in platforms:
            yield await growth.measure(platform)
    if options.what in ("api", "all"):
        yield await api.measure()
    if options.what in ("console", "all"):
        yield await console.measure()
    if options.what in ("usage", "all"):
        yield await usage.measure()
    if options.what == "flood":
        for platform in platforms:
            yield await flood.measure(platform)
    if options.what in ("way", "all"):
        yield await way.measure(verbose=options.verbose)


async def _collect(options: argparse.Namespace) -> list[Row]:
    rows: list[Row] = []
    async for measured in _measured(options):
        rows += measured
        print(f"measured: {measured[0].what.split(':')[0]}", file=sys.stderr)  # noqa: T201 - progress
    return rows


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 1 only when asked to check and a target was missed."""
    options = _options(arguments)
    load = os.getloadavg()[0]
    rows = asyncio.run(_collect(options))
    print(f"{os.cpu_count()} cores, load {load:.1f} before and {os.getloadavg()[0]:.1f} after")  # noqa: T201
    print(table(rows))  # noqa: T201 - the table is what the command is for
    return int(options.check and any(row.verdict == "FAIL" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
