"""The ledger: each request to the model server becomes a row of `usage`, with what it led to.

A row is written in the transaction that records what the request was for: a round, an answer, an error that
was met, a summary, a transcript. So at most one request of a run has no row yet, and whoever takes the run
over after a death writes it down as unknown (`left`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypedDict

from core.errors import Permanent, Retryable, SpoolError
from core.policy import budget
from core.policy.budget import Budget, Held
from core.policy.prices import Prices
from core.ports import Transcribe
from core.store import reservations, runs, steps, usage
from core.store.database import Execute
from core.store.steps import Decided, Done
from core.store.usage import Usage, UsageKind, UsageOutcome
from core.types import Claim, Finished, Prompt

BUCKETS: Final = tuple(round(0.01 * 2**power, 2) for power in range(14))
"""Upper ends of the buckets for times, in seconds: .01 to 81.92, as OpenTelemetry has them for requests."""


class Whose(TypedDict):
    """What a row says of whom its request is for."""

    run_id: str
    thread_id: str
    platform: str
    place: str
    person: str
    assistant_id: str | None
    assistant_version: int | None


def whose(claim: Claim) -> Whose:
    """For the run of a claim."""
    asked, assistant = claim.messages[-1], claim.assistant
    place, person = usage.place_and_person(asked.address, asked.user)
    return Whose(
        run_id=claim.run,
        thread_id=claim.thread,
        platform=asked.address.platform,
        place=place,
        person=person,
        assistant_id=assistant.id if assistant else None,
        assistant_version=assistant.version if assistant else None,
    )


def ended(one: Usage, told: Finished) -> Usage:
    """The request has come to this end."""
    used = told.usage or {}
    return replace(
        one,
        ended_at=time.time(),
        outcome=told.ending,
        served_model=told.model or None,
        tier=told.tier or None,
        input=used.get("input_tokens"),
        cached=used.get("cached_tokens"),
        output=used.get("output_tokens"),
        reasoning=used.get("reasoning_tokens"),
        error=told.reason or None,
    )


def broken(one: Usage, error: SpoolError) -> Usage:
    """The request has failed so. What the server told nevertheless counts."""
    code = error.code.partition(":")[0] if isinstance(error, Retryable | Permanent) else type(error).__name__
    told = ended(one, error.told) if error.told else one
    at = None if error.request == "unknown" else time.time()
    return replace(told, outcome=error.request, error=code, ended_at=at)


def kind(claim: Claim) -> UsageKind:
    """What the requests for its answer are."""
    return "evaluation" if claim.options and claim.options.trial else "answer"


class Requests:
    """Those of one run for its answer, one after the other. `taken` gives the rows of those that are over."""

    def __init__(self, claim: Claim) -> None:
        self._whose, self._kind = whose(claim), kind(claim)
        self.prices, self.budget = Prices(), Budget()
        self.held = Held()
        """What is kept for the newest request."""
        self._open: Usage | None = None
        self._over: list[tuple[Usage, int]] = []
        self.began_at: float | None = None
        """When the newest request began."""
        self._pictures = ""
        """The model that draws."""
        self.containers: set[str] = set()
        """In which code worked, at the model server."""

    async def afford(self, number: int, prompt: Prompt, until: float) -> Prompt:
        """Returns ⇒ it may be asked for like this: what it may cost is kept. Raises as `Budget.hold`."""
        if self.budget:
            step = steps.round(number).name
            one = Usage(self._kind, prompt.model, time.time(), "unknown", step=step, **self._whose)
            self.held = await self.budget.hold(budget.need(one, prompt), until)
        return self.held.of(prompt)

    def begin(self, number: int, prompt: Prompt, began: float | None = None) -> None:
        """The response of that number is asked for, since `began`. One that is resumed stays one row."""
        drawing = (tool for tool in prompt.tools if tool.get("type") == "image_generation")
        self._pictures = next((str(tool.get("model") or "") for tool in drawing), "") or prompt.model
        step = steps.round(number).name
        if self._open is None:
            began = time.time() if began is None else began
            one = Usage(self._kind, prompt.model, began, "unknown", step=step, **self._whose)
            self._open = self.held.settles(one)
            self.began_at = self._open.began_at

    @property
    def under_way(self) -> bool:
        """Whether a request has not ended yet."""
        return self._open is not None

    def first(self) -> None:
        """It begins to say or do something."""
        self.prices.warm()  # from here on no first word waits for it
        if self._open and self._open.first_at is None:
            self._open = replace(self._open, first_at=time.time())

    def end(self, told: Finished, items: Sequence[Mapping[str, Any]]) -> None:
        """It has ended so, with these items."""
        if one := self._open:
            written = (told.usage or {}).get("cache_write_tokens", 0)
            self.containers |= {str(item["container_id"]) for item in items if item.get("container_id")}
            self._close(ended(one, told), items, written)

    def failed(self, error: SpoolError, items: Sequence[Mapping[str, Any]] = ()) -> None:
        """It has failed so."""
        if one := self._open:
            self._close(broken(one, error), items)

    def turned_away(self, code: str) -> Callable[[], None]:
        """The server refused it; gives what is to be called when the same is asked again in another way."""
        before = self._open
        self._open = before and replace(before, held="")  # what is kept is for the next one
        self.broke(code, "refused")

        def again() -> None:
            self.began_at = time.time()
            self._open = before and replace(before, began_at=self.began_at)

        return again

    def broke(self, error: str, outcome: UsageOutcome = "unknown") -> None:
        """Its end will not be seen."""
        if one := self._open:
            ended = None if outcome == "unknown" else time.time()
            self._close(replace(one, outcome=outcome, error=error or None, ended_at=ended))

    def _close(self, one: Usage, items: Sequence[Mapping[str, Any]] = (), written: int = 0) -> None:
        self._open = None
        self._over.append((one, written))
        drawn = [item for item in items if item.get("type") == "image_generation_call" and item.get("result")]
        if drawn:
            model = next((str(item["model"]) for item in drawn if item.get("model")), None)
            image = Usage("image", self._pictures, one.began_at, "completed", step=one.step, **self._whose)
            made = replace(image, ended_at=one.ended_at, served_model=model, units=float(len(drawn)))
            self._over.append((made, 0))

    async def taken(self) -> tuple[Usage, ...]:
        """The rows of those that are over, priced: they are to be written now."""
        if not self._over:
            return ()
        rows = [await self.prices.priced(one, written) for one, written in self._over]
        self._over = []
        return tuple(rows)


def left(tx: Execute, claim: Claim) -> Claim:
    """A run was taken over, and this is its claim: a request that may have been under way becomes unknown.

    None can have been once there is an answer, while a round's calls have no results, or a yes was not sent.
    A background response that is resumed goes on in the row that its end will make.
    """
    reservations.lose(tx, claim.run)
    number = 0
    while steps.round(number).name in claim.memo:
        number += 1
    resumed = claim.memo.get(steps.response(number).name) and claim.status != "cancelling"
    asked = claim.assistant and not resumed and steps.ANSWER.name not in claim.memo
    if claim.assistant is None or not asked or (number and not _results_known(claim, number - 1)):
        return claim
    began = runs.newest_step(tx, claim.run) or claim.created_at
    model, step = claim.assistant.model, steps.round(number).name
    usage.add(tx, Usage(kind(claim), model, began, "unknown", step=step, **whose(claim)))
    return claim


def _results_known(claim: Claim, number: int) -> bool:
    """Whether the calls of a round have their results, and a yes to a remote one was sent."""
    for call in steps.round(number).read(claim.memo[steps.round(number).name]).calls:
        step = steps.call(call.id)
        state = step.read(claim.memo[step.name]) if step.name in claim.memo else None
        if not (
            isinstance(state, Done) or (isinstance(state, Decided) and (state.sent or not state.approve))
        ):
            return False
    return True


class Speech:
    """Transcribes, and says what it cost."""

    def __init__(
        self, transcribe: Transcribe, model: str, prices: Prices, budget: Budget | None = None
    ) -> None:
        self._transcribe, self._model, self._prices = transcribe, model, prices
        self._budget = budget or Budget()

    def asked(self) -> Usage:
        """The row of a request that begins now, and whose end is not seen."""
        return Usage("transcription", self._model, time.time(), "unknown")

    async def __call__(self, name: str, content: bytes, one: Usage, rows: list[Usage]) -> str:
        """What is said in a recording; `rows` gets the row of the request, whatever becomes of it."""
        one = (await self._budget.hold(budget.sound(one, content))).settles(one)
        try:
            told = await self._transcribe(name, content)
        except SpoolError as error:
            rows.append(broken(one, error))
            raise
        except BaseException:
            rows.append(one)
            raise
        done = ended(one, Finished("completed", usage=told.usage))
        rows.append(await self._prices.priced(replace(done, units=told.minutes)))
        return told.text
