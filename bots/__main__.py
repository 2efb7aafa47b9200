"""The commands of the product: `spool …` where it is installed, `scripts/run …` in a checkout.

Hints name the command as it was typed. Its name is handed down from here as `spool`.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import errno
import importlib
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bots import logs
from bots.cli import env_file
from bots.version import version
from core import settings
from core.errors import ConfigError
from core.settings.http import HERE
from core.settings.misspelt import misspelt

OPERATING = {
    "assistants": "create, list, change and assign assistants",
    "tools": "list the function tools that were found, or copy an example",
    "files": "give an assistant documents to search",
    "runs": "see what became of questions",
    "threads": "see which conversations there are",
    "usage": "see what the model server was asked for, and what it cost",
    "keys": "make and revoke the keys with which programs use the API",
    "console": "print a link that opens the web page, once",
    "access": "see whom the bot answers where, and which setting says so",
    "data": "show, export or erase what is kept of a person",
    "audit": "see who did what",
    "doctor": "check settings, tokens, permissions and data, and say how to put right what is wrong",
    "backup": "copy the database to a file, also while the bot runs",
    "restore": "put such a copy back",
}
"""Commands with a module of their own in `bots.cli`, imported only when they are called."""


logger = logging.getLogger(__name__)
UNREAD, INTERRUPTED, TERMINATED = 141, 130, 143
"""The exit statuses that shells know for a pipe whose reader has gone, for Ctrl-C and for SIGTERM."""
TYPED = "SPOOL_COMMAND"
"""The variable in which a script that starts `python -m bots` says what the person typed."""
EPILOG = f"""\
Without a command: run when tokens are set, else, in a terminal, the demo. Settings are read from the
environment and from .env in the current folder; what there is to set is explained in
{settings.EXAMPLE}


exit status: 0 done; 1 part of it could not be done; 2 something must be fixed first; the message says what
(do not restart); 130, 143 it was stopped by Ctrl-C or SIGTERM before its end, for which `run` and `demo`
are 0; 141 the output's reader has gone.
"""
ENVIRONMENT = (
    "Use scripts/run in place of {}: it makes the environment; or make it with scripts/install, "
    "and use .venv/bin/python."
)


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command just as Ctrl-C does."""


def _parser(arguments: Sequence[str], spool: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=spool,
        description="Spool: a self-hosted assistant for Slack and Discord.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser("run", help="connect to Slack and Discord and answer")
    run.add_argument(
        "platforms", nargs="*", metavar="slack|discord", help="only these; default: all with tokens"
    )
    commands.add_parser(
        "serve", help="serve the Assistants API over HTTP, without a chat (port 8080, or where HTTP says)"
    )
    demo = commands.add_parser(
        "demo",
        help="talk to the bot in this terminal and on a web page, without any account. With OPENAI_API_KEY "
        "set, the demo uses your model and you pay for it",
    )
    demo.add_argument("--page", action="store_true", help="only serve the page, until SIGTERM or Ctrl-C")
    for name, text in OPERATING.items():
        if name in arguments[:1]:
            importlib.import_module(f"bots.cli.{name}").add(commands, spool)
        else:
            commands.add_parser(name, help=text)
    return parser


def _misnamed(file: Mapping[str, str], *, running: bool) -> bool:
    """Warn of names nobody reads, those of the real environment when the bot is to run.

    Whether one of them is meant to be a token.
    """
    found = [(".env: ", problem) for problem in misspelt(file)]
    if running:
        found += [("", problem) for problem in misspelt(os.environ, shared=True)]
    for place, problem in found:
        _tell(f"warning: {place}{problem}")
    return any(problem.is_token for _, problem in found)


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - said to whoever started us


def main(arguments: list[str] | None = None, spool: str = "spool") -> int:
    """The exit status, as the help's last lines list them. `spool`: what the person typed to get here."""
    signal.signal(signal.SIGTERM, _terminate)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        status = _called(given, spool)
        sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        status = UNREAD if error.errno == errno.EPIPE else 2
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left of it goes nowhere
        if status == 2:
            _tell(f"error: The output could not be written ({error.strerror}).")
    except KeyboardInterrupt as stop:
        status = _stopped(stop, given, spool)
    except ModuleNotFoundError as error:
        if not error.name or error.name.split(".")[0] in ("bots", "core"):
            raise
        _tell(f"error: {error.name} is not installed for this Python. {ENVIRONMENT.format(spool)}")
        status = 2
    return status


def _terminate(*_: object) -> None:
    raise _Terminated


def _stopped(stop: KeyboardInterrupt, given: Sequence[str], spool: str) -> int:
    """The exit status. Being told to stop is how the bot and the demo end, also while they start."""
    if not given or given[0] in ("run", "serve", "demo"):
        return 0
    notes = getattr(stop, "__notes__", ())  # such as where `restore` keeps what was there
    _tell(" ".join([f"interrupted: `{spool} {given[0]}` was stopped before its end.", *notes]))
    return TERMINATED if isinstance(stop, _Terminated) else INTERRUPTED


def _called(given: list[str], spool: str) -> int:
    options = _parser(given, spool).parse_args(given)
    if options.version:
        print(f"spool {version()}")  # noqa: T201 - what was asked for
        return 0
    status = 0
    try:
        status = _command(options, spool)
    except* ConfigError as wrong:
        for problem in _problems(wrong):
            _tell(f"error: {problem}")
        status = 2
    return status


def _command(options: argparse.Namespace, spool: str) -> int:
    if options.command == "doctor":  # it tells what is wrong with the settings, too
        return int(importlib.import_module("bots.cli.doctor").run(options))
    file, left_out = env_file.read(Path(".env"))
    for remark in left_out:
        _tell(f"warning: {remark}")
    environment = {**file, **os.environ}  # the real one wins
    real = _misnamed(file, running=options.command in (None, "run", "serve"))
    real = real or any(environment.get(name) for name in settings.TOKENS)
    command = options.command or ("run" if real or not _at_terminal() else "demo")
    wanted = getattr(options, "platforms", [])
    config = settings.read(
        environment,
        to_run=wanted if command == "run" else None,
        spool=spool,
        serving=command == "serve",
    )
    logs.set_up(config.log_level, config.secrets())
    if command in OPERATING:
        status: int = importlib.import_module(f"bots.cli.{command}").run(options, config)
        return status
    if command in ("run", "serve"):
        from bots.app import serve

        names = tuple(dict.fromkeys(wanted)) or config.platforms
        if command == "serve":
            if names:
                logger.info(
                    "%s: not connected to, because only HTTP is served; run does both", ", ".join(names)
                )
            config, names = dataclasses.replace(config, http=config.http or HERE), ()
        asyncio.run(serve(config, names))
    else:
        from bots.demo.demo import show, talk

        asyncio.run((show if getattr(options, "page", False) else talk)(config, spool))
    return 0


def _at_terminal() -> bool:
    """Whether somebody is there to talk with the demo; a service manager would start it for ever."""
    return sys.stdin is not None and sys.stdin.isatty()


def _problems(group: BaseExceptionGroup[ConfigError]) -> list[str]:
    found: list[str] = []
    for error in group.exceptions:
        found += _problems(error) if isinstance(error, BaseExceptionGroup) else error.problems
    return found


def _typed() -> str:
    """How this module was started, as a person would type it again."""
    return os.environ.get(TYPED) or f"{Path(sys.orig_argv[0]).name or 'python3'} -m bots"


if __name__ == "__main__":
    sys.exit(main(spool=_typed()))
