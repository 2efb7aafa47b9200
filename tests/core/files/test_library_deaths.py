"""core.files.library and processes that die: before or after every call of the server, then started again."""

from __future__ import annotations

from typing import Any

import pytest

from core.files.library import Library
from core.model_server.service import OpenAIService
from tests.core.files.shelved import findable, states, text, tools


class Death(BaseException):
    """The process is gone."""


class Dying:
    """The service of a process that dies at its call number `at`, when that has happened or just before."""

    def __init__(self, service: OpenAIService, at: int, *, done: bool) -> None:
        self._service, self._left, self._done = service, at, done
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._service, name)

        async def made(*given: Any, **more: Any) -> Any:
            self.calls.append(name)
            dies = len(self.calls) == self._left
            if dies and not self._done:
                raise Death
            result = await call(*given, **more)
            if dies:
                raise Death
            return result

        return made


STEPS = ["upload", "create_store", "index", "upload", "index"]
"""What adding two documents asks of the server."""


async def add_both(library: Library, owner: str) -> None:
    """One after the other."""
    for name in ("a.txt", "b.txt"):
        await library.add(owner, text(name))
    await library.settle(owner)


async def test_adding_asks_for_these_steps(db, service, bot, api):
    """The deaths below are all there are."""
    watched = Dying(service, 0, done=False)
    await add_both(Library(db, watched, pause=0.01), bot)
    assert STEPS == watched.calls


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, len(STEPS) + 1), ids=lambda at: f"{at}_{STEPS[at - 1]}")
async def test_after_any_death_the_same_call_goes_on(api, db, service, library, bot, at, done):
    """Each document was uploaded once and is in the store that the assistant searches."""
    with pytest.raises(Death):
        await add_both(Library(db, Dying(service, at, done=done), clock=api.clock.now), bot)
    await add_both(library, bot)
    assert {"a.txt": "completed", "b.txt": "completed"} == await states(library, bot)
    assert (["a.txt", "b.txt"], 2) == (sorted(findable(api, "txt")), len(api.files.uploaded))
    full = [store.id for store in api.stores.all.values() if store.entries]
    assert (["file_search"], full) == await tools(db, bot)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2], ids=["unindex", "forget"])
async def test_after_any_death_a_document_can_be_removed(api, db, service, library, bot, at, done):
    """It is listed until it is gone for good."""
    await library.add(bot, text("a.txt"))
    (row,) = await library.documents(bot)
    with pytest.raises(Death):
        await Library(db, Dying(service, at, done=done)).remove(bot, row.digest)
    assert [row] == await library.documents(bot)
    await library.remove(bot, row.digest)
    assert ([], 0) == (await library.documents(bot), len(api.files.kept))
