"""`python -m bots`: the commands of the product."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from dotenv import dotenv_values

from core import logs, settings
from core.errors import ConfigError

OPERATING = {
    "assistants": "create, list, change and assign assistants",
    "tools": "list the function tools that were found, or copy an example",
    "files": "give an assistant documents to search",
}
"""Commands with a module of their own in `bots.commands`, imported only when they are called."""


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bots",
        description="Spool: a self-hosted assistant for Slack and Discord.",
        epilog="Without a command: run when tokens are configured, else demo. Settings: .env.example.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser("run", help="connect to Slack and Discord and answer")
    run.add_argument(
        "platforms", nargs="*", metavar="slack|discord", help="only these; default: all with tokens"
    )
    commands.add_parser("demo", help="talk to the bot in this terminal: no account, no key, no network")
    for name, text in OPERATING.items():
        if name in arguments[:1]:
            importlib.import_module(f"bots.commands.{name}").add(commands)
        else:
            commands.add_parser(name, help=text)
    return parser


def _environment() -> Mapping[str, str]:
    """`.env` of the working directory under the real environment, which wins."""
    return {**{name: value or "" for name, value in dotenv_values(".env").items()}, **os.environ}


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0, or 2 when a person must change something first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # also a stop during start-up is a clean one
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser(given).parse_args(given)
    status = 0
    try:
        status = _command(options)
    except* ConfigError as wrong:
        for problem in _problems(wrong):
            print(f"error: {problem}", file=sys.stderr)  # noqa: T201 - said to whoever started us
        status = 2
    except* KeyboardInterrupt:
        pass
    return status


def _command(options: argparse.Namespace) -> int:
    environment = _environment()
    configured = any(
        environment.get(name) for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DISCORD_BOT_TOKEN")
    )
    command = options.command or ("run" if configured else "demo")
    wanted = getattr(options, "platforms", [])
    config = settings.read(environment, to_run=wanted if command == "run" else None)
    logs.set_up(config.log_level, config.secrets())
    if command in OPERATING:
        status: int = importlib.import_module(f"bots.commands.{command}").run(options, config)
        return status
    if command == "run":
        from bots.run import serve

        asyncio.run(serve(config, tuple(dict.fromkeys(wanted)) or config.platforms))
    else:
        from bots.demo import talk

        asyncio.run(talk(config))
    return 0


def _problems(group: BaseExceptionGroup[ConfigError]) -> list[str]:
    found: list[str] = []
    for error in group.exceptions:
        found += _problems(error) if isinstance(error, BaseExceptionGroup) else error.problems
    return found


if __name__ == "__main__":
    sys.exit(main())
