"""The actions that make and change assistants: every mistake is told at once, and nothing has happened."""

from __future__ import annotations

import sys

from bots.cli.assistants.invocation import Invocation
from bots.cli.assistants.options import changes
from bots.cli.assistants.sentences import named
from bots.cli.assistants.show import line, list_of, put, put_json, put_summary, tell
from bots.typed_path import typed_path
from core.assistants.service import NEW, Report, Saved
from core.errors import ConfigError
from core.types import SETTINGS_ID

THEIRS = (
    f"{SETTINGS_ID} is what the ASSISTANT_* settings said where it was exported; it was left out. Copy those "
    "settings, or take its id out of the file to import it as an assistant of its own."
)


async def create(invocation: Invocation) -> None:
    """`create`."""
    fields, problems = changes(invocation.options, NEW)
    if not fields.get("name"):
        problems.append("The assistant needs a name. Add --name.")
    if problems:
        review = await invocation.service.review(NEW, fields)
        raise ConfigError(*problems, *invocation.sentences(review.problems))
    await _put(invocation, "Created", await invocation.service.create(fields))


async def update(invocation: Invocation) -> None:
    """`update ASST`."""
    current = await invocation.service.changeable(invocation.options.assistant)
    fields, problems = changes(invocation.options, current)
    if problems:
        review = await invocation.service.review(current, fields)
        raise ConfigError(*problems, *invocation.sentences(review.problems))
    if not fields:
        raise ConfigError("Nothing is to be changed. Add what should be, for example --model or --tool.")
    saved = await invocation.service.update(current, fields)
    await _put(invocation, "Changed" if saved.changed else "Nothing to change in", saved)


async def _put(invocation: Invocation, done: str, saved: Saved) -> None:
    invocation.warn(saved.warnings)
    if invocation.options.json:
        put_json(saved.assistant.to_json())
    else:
        listing = await invocation.service.listing(saved.assistant.id)
        put_summary(done, saved.assistant, listing.assignments, invocation.spool)


async def bring(invocation: Invocation) -> None:
    """`import FILE|-`: all of them, or none when one is refused."""
    options = invocation.options
    report = await invocation.service.bring(_read(options.file), overwrite=options.update)
    _tell(invocation, report)
    made = [one.assistant for one in report.imported]
    if options.json:
        put_json(list_of(assistant.to_json() for assistant in made))
    else:
        for assistant in made:
            put(f"{assistant.id}  {line(assistant.label, 80)}  {assistant.model}")


def _tell(invocation: Invocation, report: Report) -> None:
    if report.more:
        tell("warning: The list goes on after this page: ask the API for the next one (after=last_id), too.")
    if report.of_settings:
        tell(THEIRS)
    elif not report.imported:
        tell(f"There are no assistants in {invocation.options.file}.")
    for one in report.imported:
        invocation.warn(one.warnings)
        for text in invocation.sentences(one.remarks):
            tell(f"{named(one.arrival.label)} ({one.assistant.id}): {text}")


def _read(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return typed_path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read ({error.strerror}). Give a file, or - for standard input."
        ) from None
