"""The actions that show, assign and remove assistants: none of them changes what one is."""

from __future__ import annotations

import re

from bots.cli.assistants.invocation import Invocation
from bots.cli.assistants.sentences import many
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
from core.store.assistants import DEFAULT, Assignment

SLACK = re.compile(r"[CGDTE][A-Z0-9]{1,30}")
DISCORD = re.compile(r"[0-9]{5,20}")


async def show_all(invocation: Invocation) -> None:
    """`list`."""
    all = await invocation.service.listing()
    if invocation.options.json:
        put_json(list_of(assistant.to_json() for assistant in all.found))
    else:
        put_table(all.found, all.assignments, invocation.spool)


async def show(invocation: Invocation) -> None:
    """`show ASST`."""
    listing = await invocation.service.listing(invocation.options.assistant)
    (assistant,) = listing.found
    if invocation.options.json:
        own = [assigned(one) for one in listing.assignments if one.assistant_id == assistant.id]
        put_json({**assistant.to_json(), "assignments": own})
    else:
        put_object(assistant, listing.assignments, invocation.spool, full=invocation.options.full)


async def export(invocation: Invocation) -> None:
    """`export [ASST…]`: always JSON."""
    listing = await invocation.service.listing(*invocation.options.assistants)
    put_json(list_of(assistant.to_json() for assistant in listing.found))


async def delete(invocation: Invocation) -> None:
    """`delete ASST [--force]`."""
    options = invocation.options
    gone = await invocation.service.delete(options.assistant, force=options.force)
    for found in gone.places:
        tell(f"It no longer answers in: {place(found)}.")
    if gone.documents:
        tell(f"Left at the model server: {many(gone.documents)}. Delete what is there at the server.")
    if options.json:
        put_json({"id": gone.assistant.id, "object": "assistant.deleted", "deleted": True})
    else:
        put(f"Deleted {gone.assistant.label} ({gone.assistant.id}).")


async def use(invocation: Invocation) -> None:
    """`use ASST|none --slack ID --discord ID --default`."""
    places, wanted = _places(invocation), invocation.options.assistant
    if wanted == "none":
        freeing = await invocation.service.free(places)
        for vacant in freeing.vacant:
            tell(_vacant(vacant))
        changed, shown = freeing.ended, freed
        said = [_ended(found) for found in changed]
    else:
        done = await invocation.service.assign(wanted, places)
        invocation.warn(done.warnings)
        changed, shown = done.places, assigned
        begin = f"{done.assistant.label} ({done.assistant.id}) answers in"
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


def _vacant(assignment: Assignment) -> str:
    if (assignment.platform, assignment.place) == DEFAULT:
        return "There was no default."
    return f"{place(assignment)} had no assistant of its own."


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
