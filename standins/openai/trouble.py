"""Faults on any path, a record of all that was asked, and the manners of servers of other makes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from standins.local import Changes
from standins.openai.refusal import Refusal, refuse, scripted
from standins.script.script import Fault


@dataclass
class Exchange:
    """One HTTP request: `path` without `/v1`; `status` is 0 while it has no answer, or never got one."""

    method: str
    path: str
    status: int = 0


@dataclass
class Trouble:
    """The next `times` requests that match fail. `where`: "POST /files", with `*` for any part of a path.
    `status` 0: nothing is refused. `lost`: the request takes effect, its answer is never sent. `seconds`: it
    is held back before anything else happens. `every`: only each so-many-th of them fails, from the first on.
    """

    where: str
    status: int = 500
    code: str = "server_error"
    times: int = 1
    retry_after: float | None = None
    lost: bool = False
    seconds: float = 0.0
    every: int = 1
    _met: int = 0

    def due(self, asked: str) -> bool:
        """Whether this request is to fail."""
        if not self.times or not fnmatchcase(asked, self.where):
            return False
        self._met += 1
        return (self._met - 1) % self.every == 0


class Hold:
    """Requests that match `where` wait here, before anything happens, until `release`. `waiting`: how many do
    now.
    """

    def __init__(self, where: str) -> None:
        self.where, self.waiting, self._released = where, 0, asyncio.Event()

    def release(self) -> None:
        self._released.set()

    async def wait(self, changes: Changes) -> None:
        if self._released.is_set():
            return
        self.waiting += 1
        changes.ring()
        try:
            await self._released.wait()
        finally:
            self.waiting -= 1
            changes.ring()


class Troubles:
    """What is to go wrong."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._coming: list[Trouble] = []
        self._holds: list[Hold] = []

    def hold(self, where: str) -> Hold:
        self._holds.append(Hold(where))
        return self._holds[-1]

    def add(self, trouble: Trouble) -> None:
        self._coming.append(trouble)

    async def meet(self, exchange: Exchange) -> bool:
        """Whether the answer must be lost. Raises the Refusal that is due."""
        asked = f"{exchange.method} {exchange.path}"
        for hold in [hold for hold in self._holds if fnmatchcase(asked, hold.where)]:
            await hold.wait(self._changes)
        trouble = next((it for it in self._coming if it.due(asked)), None)
        if trouble is None:
            return False
        trouble.times -= 1
        if trouble.seconds:
            await asyncio.sleep(trouble.seconds)
        if trouble.status and not trouble.lost:
            raise scripted(Fault("refuse", trouble.code, trouble.status, trouble.retry_after))
        return trouble.lost


TOO_LONG: Final[dict[str, dict[str, Any]]] = {
    "vllm": {
        "message": "This model's maximum context length is {window} tokens. However, you requested 0 output "
        "tokens and your prompt contains at least {tokens} input tokens.",
        "type": "BadRequestError",
        "param": "input_tokens",
        "code": 400,
    },
    "llama.cpp": {
        "message": "request ({tokens} tokens) exceeds the available context size ({window} tokens), try "
        "increasing it",
        "type": "exceed_context_size_error",
        "code": 400,
    },
    "litellm": {
        "message": "litellm.ContextWindowExceededError: litellm.BadRequestError: the prompt is too large",
        "type": None,
        "param": None,
        "code": "400",
    },
    "ollama": {
        "message": "the input length exceeds the context length",
        "type": "api_error",
        "param": None,
        "code": None,
    },
}
"""The error of a request that is too long, by the server's make."""


@dataclass
class Manners:
    """`make` names the words for what is too long. `unknown` are fields it does not take. `strict`: calls
    that are sent back must have a JSON object. `unreadable`: pictures and files with these bytes, in base64,
    are refused; `places`: saying where they are.
    """

    make: str = ""
    unknown: set[str] = field(default_factory=set)
    strict: bool = False
    unreadable: set[str] = field(default_factory=set)
    places: bool = False

    def check(self, body: Mapping[str, Any]) -> None:
        for name in self.unknown & body.keys():
            refuse(body[name], "unsupported", name=name)
        for at, item in enumerate(body["input"] if isinstance(body["input"], list) else ()):
            if self.strict and item.get("type") == "function_call":
                _object(item.get("arguments"))
            parts = item.get("content")
            for number, part in enumerate(parts if isinstance(parts, list) else ()):
                data = str(part.get("image_url") or part.get("file_data") or "")
                if any(data.endswith(bad) for bad in self.unreadable):
                    param = f"input[{at}].content[{number}]" if self.places else None
                    raise Refusal("The request could not be processed.", param=param)

    def too_long(self, window: int, tokens: int) -> Refusal:
        error = TOO_LONG[self.make]
        refusal = Refusal(error["message"].format(window=window, tokens=tokens))
        refusal.error = {**error, "message": str(refusal)}
        return refusal


def _object(arguments: object) -> None:
    try:
        if isinstance(arguments, str) and isinstance(json.loads(arguments), dict):
            return
    except ValueError:
        pass
    raise Refusal("arguments must be a valid JSON object string", kind="BadRequestError")
