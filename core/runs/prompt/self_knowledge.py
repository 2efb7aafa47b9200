"""What the model is told of itself and of where it is, behind the operator's instructions.

It changes at most daily in one thread, so that the server's prompt cache still serves: no time of day, and
nobody's name where several people share a thread.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from core.runs.prompt import speech
from core.runs.run import Run
from core.settings import time_zone

PLATFORMS: Final = {"slack": "Slack", "discord": "Discord"}
COMMANDS: Final = (
    "People can write to you, or after your name where others read along: `help`; `reset`, which starts a "
    "new conversation; `stop`, which ends your answer; `memory`, which tells how much you remember. As slash "
    "commands there are /reset, /memory, /assistant (who answers here) and /model."
)


async def told(run: Run, tools: Iterable[str]) -> str:
    """The block; `tools` are what the request offers."""
    zone = await run.zone()
    today = datetime.fromtimestamp(time.time(), time_zone.zone(zone))
    offered = ", ".join(tools)
    lines = [
        f"Today is {today:%A, %Y-%m-%d} in the time zone {zone}, which is that of the person who asks.",
        _place(run, "" if run.shared else speech.one_line((await run.asker()).name)),
        COMMANDS,
        f"Your tools: {offered}." if offered else "You have no tools here.",
        run.platform.shows,
    ]
    return "\n- ".join(["About you and this chat, told by the program you run in:", *lines])


def _place(run: Run, name: str) -> str:
    where = PLATFORMS.get(run.platform.name, run.platform.name)
    kind = "a direct message" if run.message.address.direct else "a channel that others read too"
    who = "Several people talk with you here: each message begins with who wrote it."
    if not run.shared:
        who = f"The person who asks is called “{name}”." if name else "You do not know the name of who asks."
    return f"You are in {where}, in {kind}. {who}"
