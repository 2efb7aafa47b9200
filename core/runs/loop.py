"""One run's exchange with the model: rounds of a response and the results of its calls, until it answers.

Safe at every step: a round is recorded before its calls are carried out, and a call's result before it is
sent. A death anywhere asks the model again only for the response that was not recorded.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sys
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from core.errors import Lost, Parked, Permanent, Retryable, SpoolError, Unreachable, Unsaved
from core.model_server.faults import Refused, Said, pause
from core.policy.budget import Spent
from core.runs import output_files, rounds
from core.runs.client.files import at_server
from core.runs.client.side import BEGIN, ClientSide
from core.runs.lanes import MAX_ATTEMPTS
from core.runs.prompt import history, self_knowledge
from core.runs.prompt.input import RunInput, without_files
from core.runs.prompt.request import Offer, ThreadResources, offer
from core.runs.read_channel import with_channel
from core.runs.response import LIMIT, Response, ResponseReader
from core.runs.run import Run
from core.runs.run_context import RunContext
from core.runs.tool_calls import ToolCalls
from core.store import items, runs, steps, summaries
from core.store.steps import Answer, Done, Round
from core.tools import Toolbox
from core.types import Ending, Over, Prompt

logger = logging.getLogger(__name__)
HOSTED = ("web_search_call", "file_search_call", "code_interpreter_call", "mcp_call", "mcp_list_tools")
WITHOUT_TOOLS = "without hosted tools"
WITHOUT_KEPT = "without kept files"
MEANT = "without the files that are meant"
ALL_FILES = "without any files"
KNOWN_ENDS = ("max_output_tokens", "content_filter", "empty_answer", LIMIT)
"""Why an answer is incomplete, where there are words for it."""
TURNED_AWAY = frozenset({"rate_limit_exceeded", "slow_down", "server_is_overloaded", "http_429", "http_503"})
"""Codes of requests that the server did not begin to answer."""


class RunLoop:
    """Makes the answer of one run."""

    def __init__(self, run: Run, context: RunContext) -> None:
        assert run.claim.assistant is not None
        self._run, self._context, self._assistant = run, context, run.claim.assistant
        self.input = RunInput(run, context)
        self._toolbox = with_channel(context.toolbox, run)
        alive = frozenset(run.claim.kept if run.rules.full else ())
        told = run.claim.history if run.claim.options else without_files(run.claim.history, alive)
        self._history = tuple(map(rounds.sound, told))
        self.reader = ResponseReader(run, context.model)
        self._client = ClientSide.of(run, context, self.reader.progress)
        run.requests.prices, run.requests.budget = context.prices, context.budget
        self._resources = ThreadResources(run, context.library, self.input)
        self._offer = Offer()
        self._mended: set[str] = set()
        self._logged: set[str] = set()
        self._refused_files = ""
        self._told: tuple[str, ...] = ()
        self._instructions = ""

    @cached_property
    def calls(self) -> ToolCalls:
        """What carries out the calls of its rounds."""
        return ToolCalls(self._run, self._context.approvals, self._toolbox)

    @property
    def estimated(self) -> int:
        """About how many tokens the last request had; 0 when there was none."""
        tools = [json.dumps(tool) for tool in self._offer.tools] if self._told else []
        return items.weigh(*self._told, *tools)

    async def answer(self) -> Answer:
        """Ask until the model answers, refuses for good, or three errors were met."""
        loop, rules, draft = asyncio.get_running_loop(), self._run.rules, self._run.draft
        draft.until = loop.time() + (self._assistant.run_seconds or rules.limits.run)
        draft.room = sys.maxsize if self._client else rules.answer_characters
        while True:
            try:
                return await self._rounds()
            except Spent as error:
                return await self._spent(error.over)
            except Permanent as error:
                if self._context.outages.met(error, self._assistant.model, self._run.claim.run):
                    return await self._failed(error.notice, error.code)
                self._log(error, error.code)
                if not self._mend(error):
                    return await self._failed(error.notice, error.code)
                await self._run.save(lambda tx: None)
            except (Lost, Parked, Unreachable, Unsaved):
                raise
            except Exception as error:  # a bug of ours counts too: nobody is left without an answer
                met = _retryable(error)
                if await self._met(met) >= MAX_ATTEMPTS:
                    return await self._failed(met.notice, met.code)
                if not await self._run.waited(pause(draft.attempts, met, draft.until - loop.time())):
                    return await self._failed(met.notice, met.code)

    def _log(self, error: SpoolError, code: str) -> None:
        """What the server said, once a run for each of its codes."""
        if error.detail and code not in self._logged:
            self._logged.add(code)
            logger.warning(
                "the model server refuses or fails",
                extra={"run_id": self._run.claim.run, "error": code, "said": error.detail},
            )

    async def _met(self, error: Retryable) -> int:
        run, claim, code = self._run, self._run.claim, error.code
        self.reader.broke(code)
        self._log(error, code)
        logger.warning("run met an error", extra={"run_id": claim.run, "error": code})
        run.draft.attempts = await run.save(lambda tx: runs.met_error(tx, claim.run, claim.owner, code))
        return run.draft.attempts

    def _mend(self, error: Permanent) -> bool:
        """Whether the same can be asked again in another way; each way is tried once."""
        way, notice = "", error.notice
        said = error.said if isinstance(error, Refused) else None
        if notice == "too_long" and self._history:
            window = error.window if isinstance(error, Refused) else None
            way, shorter = "shorter", history.shortened(self._history, window and window // 2)
            if way in self._mended and window is None:  # half was too much, and nobody tells how much is not
                way, shorter = "alone", ()
        elif notice in ("file_refused", "request_refused"):
            way, shorter = self._without_refused(said)
        elif notice in ("model_refused", "file_gone") and any('"file_id"' in one for one in self._history):
            way, shorter = "without files", without_files(self._history)
        elif notice == "file_gone" and WITHOUT_KEPT not in self._mended and self._resources:
            way, shorter = WITHOUT_KEPT, self._history
        elif notice in ("tools_refused", "file_gone") and self._offer.hosted:
            way, shorter = WITHOUT_TOOLS, self._history
        elif notice == "tools_refused" and self._offer.functions:
            way, shorter = "without functions", self._history
            self._context.toolless.add(self._assistant.model)
        if not way or way in self._mended:
            return False
        self._mended.add(way)
        self._history = shorter
        return True

    def _without_refused(self, said: Said | None) -> tuple[str, tuple[str, ...]]:
        """First without the files that are meant, then without any; no way where there is none."""
        plain = without_files(self._history)
        if MEANT not in self._mended:
            if said and self.input.leave_out(said, len(self._history)):
                return MEANT, self._history
            if plain != self._history:
                return MEANT, plain
        return (
            ALL_FILES if self.input.leave_out(None, len(self._history)) or plain != self._history else ""
        ), plain

    async def _rounds(self) -> Answer:
        await self._prepare()
        client = self._client
        if not client and not self._run.message.text and self.input.says_nothing():
            return self._answer("completed", "")
        before = self._run.rounds
        while True:
            for one in before[-1:]:
                await self.calls.carry_out(one, self._offer)
                if client:
                    client.results(one, self.calls.outputs(one, self._offer))
            self._run.draft.begin("\n\n".join(one.text for one in before if one.text))
            if client and client.enough:
                return self._answer("incomplete", "", error="max_output_tokens")
            response = await self._follow(before)
            if self._context.outages.told:
                self._context.outages.over(self._assistant.model)
            if response.asked:
                response.items = rounds.distinct(response.items, before, self._history)
            if not response.asked or not response.calls:
                return await self._finished(response, before)
            if len(before) + 1 >= self._assistant.max_model_calls:
                return await self._ended("step_limit", response, before)
            await self._record(response)

    async def _follow(self, before: list[Round]) -> Response:
        """The next response; a yes to a remote tool is sent once."""
        reader, number = self.reader, len(before)
        last = before[-1:] if before and not reader.resumable(number) else []
        for one in last:
            await self.calls.sending(one)
        for one in before:
            self._run.draft.notes.update(dict.fromkeys(await self.calls.interruptions(one)))
        try:
            return await reader.follow(number, self._prompt(number))
        except (Retryable, Permanent) as error:
            refused = isinstance(error, Permanent) or error.code in TURNED_AWAY
            if refused and not reader.heard:
                for one in last:
                    await self.calls.not_sent(one)
            raise

    async def _prepare(self) -> None:
        """What must be known before the model is asked; all of it is asked for once."""
        assert self._run.claim.assistant
        self._assistant = await at_server(self._run, self._context.sent, self._run.claim.assistant)
        if self._client:
            self._history, self.input.store = await self._client.prepared(self._history)
        rules, model = self._run.rules, self._assistant.model
        if self.input.needs_preparing:
            await self._read()
            self._run.draft.head = self.input.heard()
            await self._name_refused()
        self._offer = offer(
            self._assistant,
            Toolbox() if model in self._context.toolless else self._toolbox,
            full=rules.full,
            hosts=rules.mcp_hosts,
            resources=self._resources.resources(before=WITHOUT_KEPT not in self._mended),
            effort=rules.effort,
            unsupported=WITHOUT_TOOLS in self._mended,
            client=self._client.functions if self._client else "",
        )
        if self._offer.missing and (WITHOUT_TOOLS in self._mended or await self._new_here()):
            await self._run.note("tools_missing", names=_listed(self._offer.missing))
        self._instructions = await self._instructed()

    async def _instructed(self) -> str:
        """The assistant's instructions, and what it is told of itself."""
        own = self._assistant.instructions
        if not self._run.rules.self_knowledge or self._client:
            return own
        names = [str(tool.get("name") or tool["type"]) for tool in self._offer.tools]
        return "\n\n".join(filter(None, [own, await self_knowledge.told(self._run, names)]))

    async def _read(self) -> None:
        """The topic and the files, within the run's time."""
        try:
            async with asyncio.timeout_at(self._run.draft.until) as deadline:
                await self.input.prepare()
        except TimeoutError:
            if deadline.expired():  # a document that does not become searchable
                raise Permanent("run_deadline", notice="timeout") from None
            raise

    async def _new_here(self) -> bool:
        """Whether this assistant, as it is now, answers in the thread for the first time."""
        thread, mine = self._run.claim.thread, self._assistant
        last = await self._run.db(lambda tx: summaries.assistant(tx, thread))
        return last is None or (last.id, last.version) != (mine.id, mine.version)

    async def _name_refused(self) -> None:
        """The line that names files which are not read, as it is now."""
        run, stored = self._run, self.input.files()
        run.draft.notes.pop(self._refused_files, None)
        self._refused_files = ""
        if any(file.refused for file in stored):
            told = self._context.attachments.refusals(stored, await run.locale(), run.rules.language)
            self._refused_files = told
        if self._refused_files:
            run.draft.notes[self._refused_files] = None

    def _prompt(self, number: int) -> Prompt:
        claim, assistant = self._run.claim, self._assistant
        options = dict(self._offer.options or {})
        if number and options.get("tool_choice") != "none":
            options.pop("tool_choice", None)  # it forces the first response, not every one
        worked = rounds.sent_back(self._run) if number else ()
        given = (*self._history, *self.input.items(), *worked)
        if self._client:
            given = given or (BEGIN,)
            options = self._client.asked(options, hosted=self._offer.hosted)
        self._told = self._run.stood.request = (self._instructions, *given)
        return Prompt(
            model=assistant.model,
            instructions=self._instructions,
            items=given,
            cache_key=claim.thread,
            user=hashlib.sha256(self._run.message.user.encode()).hexdigest()[:32],
            tools=self._offer.tools,
            options=options,
            details=claim.options is not None,
        )

    async def _record(self, response: Response) -> None:
        """From here on the calls are recorded and may be carried out."""
        made, cited = await self._collected(response)
        one = Round(
            self._plain(response.text),
            rounds.sendable(response.items),
            response.calls,
            tuple(made),
            tuple(cited),
            self._client.settled(response, made) if self._client else (),
        )
        await self._run.record_round(one)
        if self._client:
            self._client.recorded(self._run.rounds)

    def _plain(self, text: str) -> str:
        """As people read it; a client gets it as it is."""
        return text if self._client else output_files.plain(text)

    async def _finished(self, response: Response, before: list[Round]) -> Answer:
        """The last response's words, with those of the rounds before it."""
        earlier = [name for one in before for name in one.cited]
        made, cited = await self._collected(response)
        if line := output_files.footnotes([*earlier, *cited]):
            self._run.draft.notes[line] = None
        text, ended = self._plain(self._run.draft.text), response.ended
        if self._client:
            self._client.settled(response, made)
        if WITHOUT_KEPT in self._mended and WITHOUT_TOOLS not in self._mended:
            await self._resources.forget()
        if any(str(item.get("type")) in HOSTED for item in response.items):
            self._told = ()  # what these tools found was counted, too
        files = (*self._files(before), *made)
        usage = dict(ended.usage or {})
        if ended.ending == "completed" and (text.strip() or files or self._client):
            return self._answer("completed", text, usage=usage, files=files)
        reason = ended.reason or ("empty_answer" if ended.ending == "completed" else "incomplete")
        if reason == "max_output_tokens" and (short := self._run.requests.held.short):
            reason = short.limit
            await self._run.note_over(short)
        else:
            await self._run.note(reason if reason in KNOWN_ENDS else "incomplete")
        return self._answer("incomplete", text, error=reason, usage=usage, files=files)

    async def _collected(self, response: Response) -> tuple[list[str], list[str]]:
        """The files a response brings along, and the documents it names. The thread's store, when it was
        searched, lives on.
        """
        searched = any(item.get("type") == "file_search_call" for item in response.items)
        if searched and self._resources.resources(before=WITHOUT_KEPT not in self._mended).stores:
            await self._resources.searched()
        found = await output_files.collect(self._run, self._context.service, response.items)
        if found.lost:
            await self._run.note("file_lost", names=_listed(found.lost))
        return found.files, found.documents

    def _files(self, before: list[Round]) -> tuple[str, ...]:
        """What the rounds brought along, by the model and by our own tools."""
        found: list[str] = []
        for one in before:
            found += one.files
            for call in one.calls:
                state = self._run.journal.get(steps.call(call.id))
                found += state.files if isinstance(state, Done) else ()
        return tuple(found)

    async def _ended(self, notice: str, response: Response, before: list[Round]) -> Answer:
        """We end it, not the model; what it made until then is shown."""
        made, _ = await self._collected(response)
        files = (*self._files(before), *made)
        if self._client:
            self._client.settled(response, made)
        await self._run.note(notice)
        text = self._plain(self._run.draft.text)
        return self._answer("incomplete", text, error=notice, files=files)

    async def _spent(self, over: Over) -> Answer:
        """A limit is reached before the next request: what there is until then stays."""
        run, text = self._run, self._plain(await self._shown())
        await (run.note_over(over) if text or run.rounds else run.tell(over))
        files, begun = self._files(run.rounds), text or run.rounds or self._client  # else the notice is all
        return self._answer("incomplete" if begun else "cancelled", text, error=over.limit, files=files)

    async def _failed(self, notice: str, code: str) -> Answer:
        if self.input.take_back():
            await self._name_refused()
        elif notice == "file_refused" and MEANT not in self._mended:  # no file was in the request
            notice = "request_refused"
        run = self._run
        await run.note(notice)
        text = self._plain(await self._shown())
        return self._answer("failed", text, error=code, files=self._files(run.rounds))

    async def _shown(self) -> str:
        """What people see of the answer; what the process before this one showed stays, too."""
        if self._run.draft.shown or not self._run.claim.resumed:
            return self._run.draft.shown
        return (await self._run.reply.shown()).removeprefix(self._run.draft.head)

    def _answer(self, ending: Ending, text: str, **more: Any) -> Answer:
        draft = self._run.draft
        return Answer(ending, text, note=draft.note, head=draft.head, **more)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _retryable(error: Exception) -> Retryable:
    if isinstance(error, Retryable):
        return error
    logger.error("unexpected error in a run", exc_info=error)
    return Retryable(type(error).__name__, notice="internal")
