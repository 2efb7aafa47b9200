"""A talk at a terminal, or through a pipe: from the greeting to the last answer."""

from __future__ import annotations

import contextlib

from bots.demo.stage import Stage
from bots.demo.terminal.conversation import Conversation
from bots.demo.terminal.history import History
from bots.demo.terminal.keyboard import keyboard
from bots.demo.terminal.screen import Screen
from bots.demo.terminal.words import Words, words


async def hold(stage: Stage, language: str, spool: str) -> None:
    """Returns when everything is answered. `spool`: what the person typed to get here."""
    said = words(language, stage.folder.path, spool)
    screen = Screen(stage.folder, said)
    with contextlib.closing(keyboard(History(stage.folder.history), screen.write)) as typed:
        conversation = Conversation(stage.people, stage.bot, screen, said)
        await conversation.hold(_greeting(stage, said), typed, stage.lines)


def _greeting(stage: Stage, said: Words) -> str:
    before = stage.before
    return "".join(
        (
            said.greeting if stage.offline else said.greeting_own,
            said.remembers if before.remembered else "",
            said.cut_off if before.cut_off else "",
            said.kept_apart.format(path=before.elsewhere) if before.elsewhere else "",
            said.help,
            said.tries,
        )
    )
