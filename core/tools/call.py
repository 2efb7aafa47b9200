"""Carrying out one call of a tool. Whatever happens in it becomes a text that the model can read."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import logging
import threading
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

from core.tools.function import AT_ONCE, BadArguments, Tool
from core.tools.output import Unshowable, censored, output, readable
from core.tools.result import Result

GRACE: Final = 1.0
"""Seconds that a cancelled asynchronous tool has for its own cleaning up."""
logger = logging.getLogger(__name__)


class _Refusal(Exception):
    """The call ends here, with this text for the model."""


async def execute(
    tool: Tool | None, name: str, arguments: str, *, seconds: float, secrets: Sequence[str] = ()
) -> Result:
    """Call a tool with the model's JSON. Never raises, except CancelledError when it is itself cancelled.

    `tool` None means that there is none called `name`. `seconds` counts where the tool has no limit of its
    own. A synchronous function runs in a thread of its own, which Python cannot end: after the limit or a
    cancellation it is left alone, and the text says that its effects may still happen. No value of
    `secrets` gets into the output.
    """
    limit = seconds
    try:
        if tool is None:
            raise _Refusal(f"there is no tool “{name}”")
        limit = seconds if tool.seconds is None else tool.seconds
        result = await _within(_called(tool, arguments, secrets), tool.name, limit)
    except _Refusal as refusal:
        result = _error(str(refusal))
    except BadArguments as problem:
        result = _error(str(problem))
    except TimeoutError:
        logger.warning("a tool took too long", extra={"tool": name, "seconds": limit})
        result = _error(
            f"no result within {limit:g} seconds, so it was given up. What it began may still take effect"
        )
    return Result(censored(result.output, secrets), result.ok, result.files)


def objection(tool: Tool, arguments: str) -> Result | None:
    """What `execute` would say of arguments that do not fit, None when they do; nothing is carried out.

    A person need not be asked about a call that cannot be.
    """
    try:
        tool.read(arguments)
    except Exception as problem:
        return _error(str(problem) if isinstance(problem, BadArguments) else readable(problem))
    return None


async def _within(work: Coroutine[Any, Any, Result], name: str, seconds: float) -> Result:
    """The work's result. Raises TimeoutError after that time, also when the work does not let itself end."""
    task = asyncio.create_task(work, name=f"tool {name}")
    task.add_done_callback(_retrieved)
    try:
        await asyncio.wait((task,), timeout=seconds)
        if not task.done():
            raise TimeoutError
        if task.cancelled():  # by the tool itself, for whoever cancels us never gets here
            raise _Refusal("the tool was cancelled")
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait((task,), timeout=GRACE)


def _retrieved(task: asyncio.Task[Result]) -> None:
    """An error nobody waits for any more is nobody's: asyncio need not tell."""
    if not task.cancelled():
        task.exception()


async def _called(tool: Tool, arguments: str, secrets: Sequence[str]) -> Result:
    """Everything of the call that is the operator's code, with each of its ends."""
    try:
        given = tool.read(arguments)
        if inspect.iscoroutinefunction(tool.call):
            return output(await tool.call(**given), secrets)
        value = await _threaded(tool, given, secrets)
        return output(await value, secrets) if inspect.isawaitable(value) else value
    except (BadArguments, _Refusal, asyncio.CancelledError):
        raise
    except Unshowable as problem:
        logger.warning("a tool gave back what cannot be shown: %s", problem, extra={"tool": tool.name})
        return _error(f"the tool has run, but its result cannot be shown: {problem}")
    except BaseException as error:  # SystemExit of a tool ends the call, not the bot
        facts = {"tool": tool.name, "error": type(error).__name__, "at": _place(error)}
        logger.warning("a tool failed", extra=facts)  # its message may repeat what a person wrote
        logger.debug("the way to it", exc_info=error, extra={"tool": tool.name})
        return _error(readable(error, secrets))


def _place(error: BaseException) -> str:
    """Where in the operator's code it was raised: file and line."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


async def _threaded(tool: Tool, given: Mapping[str, Any], secrets: Sequence[str]) -> Any:
    """The result of a synchronous function, or the awaitable it gave; raises what it raised.

    A thread for each call instead of a pool: a tool that hangs takes no place from others, and as a daemon
    it does not keep the process from ending.
    """
    if not tool.slots.acquire(blocking=False):
        raise _Refusal(f"{AT_ONCE} calls of this tool are still running. Try again later")
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Callable[[], Any]] = loop.create_future()
    context = contextvars.copy_context()

    def run() -> None:
        outcome = context.run(_outcome, tool.call, given, secrets)
        tool.slots.release()
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            loop.call_soon_threadsafe(_settle, future, outcome)

    try:
        threading.Thread(target=run, name=f"tool {tool.name}", daemon=True).start()
    except RuntimeError:  # this machine gives no more threads
        tool.slots.release()
        raise
    return (await future)()


def _outcome(call: Callable[..., Any], given: Mapping[str, Any], secrets: Sequence[str]) -> Callable[[], Any]:
    """What gives the call's result or raises its error: an error that ends loops must not touch a future."""
    try:
        value = call(**given)
        shown = value if inspect.isawaitable(value) else output(value, secrets)
    except BaseException as error:
        return _Raise(error)
    return lambda: shown


class _Raise:
    """Raises an error of another thread here."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __call__(self) -> Any:
        try:
            raise self._error
        finally:
            del self._error  # an exception that holds its own frame is a cycle


def _settle(future: asyncio.Future[Callable[[], Any]], outcome: Callable[[], Any]) -> None:
    if not future.done():
        future.set_result(outcome)


def _error(text: str) -> Result:
    return Result(f"error: {text}.", ok=False)
