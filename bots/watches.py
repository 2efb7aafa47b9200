"""What is looked at again and again beside the runs: the files of tools, and the server's list of models."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from core.assistants import model_list
from core.assistants.of_settings import BUILT_IN, BUILT_IN_FILES, unknown_tools
from core.assistants.validate import HOSTED
from core.concurrency import in_daemon
from core.errors import ConfigError
from core.runs.prompt import history
from core.runs.run_context import Ready
from core.settings import Settings
from core.store import assistants, facts
from core.store.database import Database
from core.tools import Toolbox, load, state

logger = logging.getLogger(__name__)
DAY = 86_400.0
GLANCE = 1.0


class ToolFiles:
    """The folders with the operator's function tools. `seconds`: see `core.tools.load`.

    `glance`: seconds between two looks at them.
    """

    def __init__(self, *folders: Path, seconds: float, glance: float = GLANCE) -> None:
        self._folders, self._seconds, self._glance = folders, seconds, glance
        self._read: object = None
        """What `state` gave when they were read last."""

    async def load(self) -> Toolbox:
        """A broken tool is left out and said in the log; the others work."""
        self._read = await asyncio.to_thread(state, *self._folders)
        toolbox = await in_daemon(
            partial(load, *self._folders, seconds=self._seconds, built_in=BUILT_IN_FILES), "tools"
        )
        for problem in toolbox.problems:
            logger.error(problem)
        return toolbox

    async def check(self, settings: Settings) -> None:
        """Raises ConfigError when ASSISTANT_TOOLS names what there is not; else reads no file."""
        if unknown_tools(settings, BUILT_IN.values()) and (
            unknown := unknown_tools(settings, (toolbox := await self.load()).names())
        ):
            known = ", ".join([*HOSTED, "all", *BUILT_IN, *toolbox.names()])
            raise ConfigError(f"ASSISTANT_TOOLS: there is no tool {', '.join(unknown)}. There are: {known}.")

    async def watch(self, renew: Callable[[Toolbox], Awaitable[None]]) -> None:
        """Files that come, change or go are read without a restart; no message waits for it.

        Once they have stood still from one look to the next: a file may be in the middle of being written.
        """
        before = None
        while True:
            await asyncio.sleep(self._glance)
            now = await asyncio.to_thread(state, *self._folders)
            before, still = now, now == before
            if still and now != self._read:
                await renew(await self.load())
                logger.info("the files of tools have changed and were read anew")


async def watch_models(
    db: Database, settings: Settings, ready: Ready, quiet: Callable[[], Awaitable[None]]
) -> None:
    """Once a day: what the server says about the models in use, and how much they can read at once."""
    while True:
        await asyncio.sleep(1.0)
        await quiet()  # whoever waits for an answer comes first
        try:
            await _look_at_models(db, settings, (await ready()).service.models)
        except Exception:  # a database that is locked for once, say: tomorrow is another day
            logger.exception("the model list cannot be read")
        await asyncio.sleep(DAY)


async def _look_at_models(db: Database, settings: Settings, ask: model_list.Ask) -> None:
    now = time.time()
    used = await db(lambda tx: [one.model for one in assistants.all(tx)])
    for concern in await model_list.concerns(db, settings, ask, now, used):
        logger.log(logging.ERROR if concern.refused else logging.WARNING, "%s", concern.text)
    listed = await model_list.of_server(db, settings, ask, now)
    windows = {model: facts.context for model, facts in (listed.models or {}).items() if facts.context}
    if windows:
        await db(lambda tx: facts.remember(tx, history.WINDOWS, windows))
