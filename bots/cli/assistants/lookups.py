"""The actions that show, assign and remove assistants: none of them changes what one is."""

from __future__ import annotations

import re

from bots.cli.assistants.invocation import Invocation, changeable, one, tell_unavailable
from bots.cli.assistants.show import (
    UNASSIGNED,
    assigned,
    freed,
    list_of,
    place,
    put,
    put_json,
    put_object,
    put_table,
    tell,
)
from core.errors import ConfigError
from core.store import assistants, vector_stores
from core.store.assistants import DEFAULT, Assignment
from core.store.database import Execute
from core.types import Assistant

SLACK = re.compile(r"[CGDTE][A-Z0-9]{1,30}")
DISCORD = re.compile(r"[0-9]{5,20}")


async def show_all(invocation: Invocation) -> None:
    """`list`."""
    found, places = await invocation.db(lambda tx: (assistants.all(tx), assistants.assignments(tx)))
    if invocation.options.json:
        put_json(list_of(assistant.to_json() for assistant in found))
    else:
        put_table(found, places, invocation.spool)


async def show(invocation: Invocation) -> None:
    """`show ASST`."""

    def work(tx: Execute) -> tuple[Assistant, list[Assignment]]:
        assistant = one(tx, invocation.options.assistant, invocation.spool)
        return assistant, assistants.assignments(tx)

    assistant, places = await invocation.db(work)
    if invocation.options.json:
        own = [assigned(found) for found in places if found.assistant_id == assistant.id]
        put_json({**assistant.to_json(), "assignments": own})
    else:
        put_object(assistant, places, invocation.spool, full=invocation.options.full)


async def export(invocation: Invocation) -> None:
    """`export [ASST…]`: always JSON."""

    def work(tx: Execute) -> list[Assistant]:
        return [
            one(tx, wanted, invocation.spool) for wanted in invocation.options.assistants
        ] or assistants.all(tx)

    put_json(list_of(assistant.to_json() for assistant in await invocation.db(work)))


async def delete(invocation: Invocation) -> None:
    """`delete ASST [--force]`."""

    def work(tx: Execute) -> tuple[Assistant, list[Assignment], int]:
        assistant = changeable(one(tx, invocation.options.assistant, invocation.spool), invocation.spool)
        places = assistants.assignments(tx, assistant.id)
        documents = len(vector_stores.documents(tx, assistant.id))
        if not invocation.options.force:
            _spare(assistant, places, documents, invocation.spool)
        assistants.delete(tx, assistant.id, invocation.now)
        return assistant, places, documents

    assistant, places, documents = await invocation.db(work)
    for found in places:
        tell(f"It no longer answers in: {place(found)}.")
    if documents:
        tell(f"Left at the model server: {_many(documents)}. Delete what is there at the server.")
    if invocation.options.json:
        put_json({"id": assistant.id, "object": "assistant.deleted", "deleted": True})
    else:
        put(f"Deleted {assistant.label} ({assistant.id}).")


def _spare(assistant: Assistant, places: list[Assignment], documents: int, spool: str) -> None:
    """Raises ConfigError when something depends on it."""
    problems = []
    if places:
        all = ", ".join(place(found) for found in places)
        problems.append(f"{assistant.label} answers in {all}. Add --force to delete it anyway.")
    if documents:
        problems.append(
            f"{assistant.label} has {_many(documents)} at the model server. Remove what is there first with "
            f"`{spool} files remove {assistant.id} …`, or add --force to leave them there."
        )
    if problems:
        raise ConfigError(*problems)


def _many(documents: int) -> str:
    return "1 document" if documents == 1 else f"{documents} documents"


async def use(invocation: Invocation) -> None:
    """`use ASST|none --slack ID --discord ID --default`."""
    places = _places(invocation)
    if invocation.options.assistant == "none":
        changed, shown = await invocation.db(lambda tx: _free(tx, places)), freed
        said = [_ended(found) for found in changed]
    else:
        changed, assistant = await invocation.db(lambda tx: _assign(tx, invocation, places))
        shown = assigned
        tell_unavailable(invocation.settings, assistant)
        begin = f"{assistant.label} ({assistant.id}) answers in"
        said = [f"{begin} {place(found)} from the next message on." for found in changed]
    if invocation.options.json:
        put_json(list_of(shown(found) for found in changed))
    else:
        for text in said:
            put(text)


def _ended(assignment: Assignment) -> str:
    """What holds after an assignment has ended."""
    if (assignment.platform, assignment.place) == DEFAULT:
        return f"There is no default any more: {UNASSIGNED} gets the one of the ASSISTANT_* settings."
    return (
        f"{place(assignment)} has no assistant of its own any more: the next nearest, or else the default "
        "one, answers there."
    )


def _places(invocation: Invocation) -> list[tuple[str, str]]:
    options = invocation.options
    problems = [
        f"--slack {id} is no Slack id. A channel's begins with C, G or D, a workspace's with T or E; copy it "
        "from the channel's details."
        for id in options.slack
        if not SLACK.fullmatch(id)
    ]
    problems += [
        f"--discord {id} is no Discord id. It is a long number: turn on developer mode, then Copy ID."
        for id in options.discord
        if not DISCORD.fullmatch(id)
    ]
    places = [("slack", id) for id in options.slack] + [("discord", id) for id in options.discord]
    places += [DEFAULT] * options.default
    if not places:
        problems.append("Say where: --slack ID, --discord ID or --default.")
    if problems:
        raise ConfigError(*problems)
    return list(dict.fromkeys(places))


def _assign(
    tx: Execute, invocation: Invocation, places: list[tuple[str, str]]
) -> tuple[list[Assignment], Assistant]:
    assistant = one(tx, invocation.options.assistant, invocation.spool)
    for platform, id in places:
        assistants.assign(tx, platform, id, assistant.id)
    return [Assignment(platform, id, assistant.id) for platform, id in places], assistant


def _free(tx: Execute, places: list[tuple[str, str]]) -> list[Assignment]:
    ended = []
    for platform, id in places:
        former = assistants.unassign(tx, platform, id)
        if former is not None:
            ended.append(Assignment(platform, id, former))
        elif (platform, id) == DEFAULT:
            tell("There was no default.")
        else:
            tell(f"{place(Assignment(platform, id, ''))} had no assistant of its own.")
    return ended
