"""Assistants: created, changed, deleted, imported and assigned. The one door, with all rules.

What is refused and what should be said besides are values (`remarks`): who shows them makes the sentences.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from core.assistants import model_list
from core.assistants.importer import Arrival, Imported, arrival, arrive, has_more, objects, renewed
from core.assistants.model_list import Ask, ModelList, day
from core.assistants.models import default_effort
from core.assistants.of_settings import choose_model
from core.assistants.refusals import Ambiguous, ImportRefused, InUse, Invalid, OfSettings, Outdated, Unknown
from core.assistants.remarks import Remark
from core.assistants.validate import meant, misshapen, mistakes, unavailable
from core.settings import Settings
from core.store import assistants, vector_stores
from core.store.assistants import Assignment
from core.store.audit import OPERATOR
from core.store.database import Database, Execute
from core.types import ASSISTANT_BODY, EVERY_FUNCTION, SETTINGS_ID, Assistant

Functions = Callable[[], Awaitable[Collection[str]]]
"""Gives the names of the functions that there is code for."""
NEW: Final = Assistant(id="", name="", model="")
"""What a new one is changed from."""


@dataclass(frozen=True, slots=True)
class Review:
    """What is to be said of an assistant before it is made so. Without problems it may be."""

    wanted: Assistant
    problems: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """An assistant as it is now. Not `changed`: it was so already, and there is no new version."""

    assistant: Assistant
    warnings: tuple[Remark, ...]
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """Assistants, and who answers where: all assignments there are."""

    found: tuple[Assistant, ...]
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """One that is gone, where it answered, and how many of its documents are left at the model server."""

    assistant: Assistant
    places: tuple[Assignment, ...]
    documents: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """Where an assistant answers from the next message on."""

    assistant: Assistant
    places: tuple[Assignment, ...]
    warnings: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Freed:
    """Assignments that have ended, and places that had none."""

    ended: tuple[Assignment, ...]
    vacant: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did. `more`: the list goes on after this page; `of_settings`: left out of it."""

    imported: tuple[Imported, ...]
    more: bool
    of_settings: bool


class Assistants:
    """What can be done with assistants, whoever asks for it. Each writes in one transaction.

    `ask` fetches the model server's list, `functions` finds those with code, `clock` gives Unix seconds.
    """

    def __init__(
        self,
        db: Database,
        settings: Settings,
        ask: Ask,
        functions: Functions,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db, self._settings = db, settings
        self._ask, self._functions, self._clock = ask, functions, clock

    async def listing(self, *wanted: str) -> Listing:
        """Those with these ids or names; all of them, the oldest first, where none is named.

        Raises Unknown and Ambiguous.
        """

        def work(tx: Execute) -> Listing:
            those = [find(tx, one) for one in wanted] or assistants.all(tx)
            return Listing(tuple(those), tuple(assistants.assignments(tx)))

        return await self._db(work)

    async def changeable(self, wanted: str) -> Assistant:
        """The one with that id or name, when it may be changed. Raises Unknown, Ambiguous and OfSettings."""
        return await self._db(lambda tx: changeable(find(tx, wanted)))

    async def review(self, former: Assistant, fields: Mapping[str, Any], *, client: bool = False) -> Review:
        """What would be wrong with `former` (NEW: a new one) if these fields of the API were changed in it.

        Null is a field's default. The model and the functions are looked up when they are new to it.
        `client`: one of the API asks, who carries out functions itself, and calls assistants by their ids.
        """
        if misshaped := misshapen(fields):
            return Review(former, tuple(misshaped))
        wanted = self._wanted(former, fields)
        problems = mistakes(wanted, mcp_hosts=self._settings.mcp_hosts)
        warnings: list[Remark] = []
        unknown: list[Remark] = []
        if wanted.tools != former.tools and not problems and not client:
            unknown, warnings = await self._functions_of(wanted, former)
        if wanted.name != former.name and not client:
            problems += await self._db(lambda tx: _taken(tx, wanted.name, former.id))
        refused, warned = await self._model_of(wanted, former)
        if problems := [*problems, *unknown, *refused]:
            return Review(wanted, tuple(problems))
        return Review(wanted, warnings=(*warnings, *warned, *self._tried(wanted, former)))

    async def create(
        self, fields: Mapping[str, Any], *, project: str | None = None, actor: str = OPERATOR
    ) -> Saved:
        """A new one of these fields of the API. Raises Invalid. `project`: of the client who asks."""
        review = await self._fine(NEW, fields, client=project is not None)
        now = self._clock()
        body = review.wanted.body()
        made = await self._db(lambda tx: assistants.create(tx, body, now, project=project, actor=actor))
        return Saved(made, review.warnings)

    async def update(
        self,
        current: Assistant,
        fields: Mapping[str, Any],
        *,
        client: bool = False,
        actor: str = OPERATOR,
    ) -> Saved:
        """`current`, as it was read, with these fields of the API changed: its next version.

        Runs that have begun are not touched. Raises Invalid, OfSettings, and Outdated.
        """
        review = await self._fine(changeable(current), fields, client=client)
        if review.wanted == current:
            return Saved(current, review.warnings, changed=False)
        now = self._clock()

        def work(tx: Execute) -> Assistant:
            if assistants.get(tx, current.id) != current:
                raise Outdated(current)
            return assistants.update(tx, current.id, review.wanted.body(), now, actor)

        return Saved(await self._db(work), review.warnings)

    async def use_model(self, current: Assistant, model: str | None, actor: str) -> Saved:
        """`current`, as it was read, with that model (None: that of the settings): its next version.

        That of the settings keeps it until ASSISTANT_MODEL is changed. Raises Invalid and Outdated.
        """
        if current.id != SETTINGS_ID:
            return await self.update(current, {"model": model}, actor=actor)
        review = await self._fine(current, {"model": model})
        now, setting = self._clock(), self._settings.assistant_model

        def work(tx: Execute) -> Assistant:
            if assistants.get(tx, current.id) != current:
                raise Outdated(current)
            choose_model(tx, setting, review.wanted.model)
            return assistants.settle(tx, review.wanted, now, actor)

        return Saved(await self._db(work), review.warnings)

    async def delete(self, wanted: str, *, force: bool = False, actor: str = OPERATOR) -> Deleted:
        """It answers nowhere any more; answers it gave stay. Its documents at the model server do, too.

        Raises Unknown, Ambiguous, OfSettings, and, without `force`, InUse.
        """
        now = self._clock()

        def work(tx: Execute) -> Deleted:
            assistant = changeable(find(tx, wanted))
            places = tuple(assistants.assignments(tx, assistant.id))
            documents = len(vector_stores.documents(tx, assistant.id))
            if not force and (places or documents):
                raise InUse(assistant, places, documents)
            assistants.delete(tx, assistant.id, now, actor)
            return Deleted(assistant, places, documents)

        return await self._db(work)

    async def assign(self, wanted: str, places: Sequence[tuple[str, str]]) -> Assigned:
        """From the next message on it answers there: (platform, place's id), or `DEFAULT`.

        Raises Unknown and Ambiguous.
        """

        now = self._clock()

        def work(tx: Execute) -> Assistant:
            assistant = find(tx, wanted)
            for place in places:
                assistants.assign(tx, *place, assistant.id, now)
            return assistant

        assistant = await self._db(work)
        those = tuple(Assignment(*place, assistant.id) for place in places)
        return Assigned(assistant, those, tuple(unavailable(assistant, full=self._settings.full_features)))

    async def free(self, places: Sequence[tuple[str, str]]) -> Freed:
        """Nobody in particular answers there any more: the next nearest does."""
        now = self._clock()

        def work(tx: Execute) -> list[Assignment]:
            return [Assignment(*place, assistants.unassign(tx, *place, now) or "") for place in places]

        former = await self._db(work)
        return Freed(
            tuple(one for one in former if one.assistant_id),
            tuple(one for one in former if not one.assistant_id),
        )

    async def bring(self, text: str, *, overwrite: bool = False) -> Report:
        """Import what the Assistants API, or an export, printed: all of it, or nothing.

        `overwrite`: those that are here already become what the text says; otherwise they stay as they are.
        Raises Unreadable and ImportRefused.
        """
        printed = objects(text)
        arrivals = [arrival(one) for one in printed if one.get("id") != SETTINGS_ID]
        arrivals = await self._prepared(arrivals)
        now, full = self._clock(), self._settings.full_features
        made = await self._db(lambda tx: [arrive(tx, one, now, overwrite, full) for one in arrivals])
        return Report(tuple(made), has_more(text), of_settings=len(arrivals) < len(printed))

    def _wanted(self, former: Assistant, fields: Mapping[str, Any]) -> Assistant:
        given = {name: fields[name] for name in ASSISTANT_BODY if name in fields}
        if given.get("model", former.model or None) is None:
            given["model"] = self._settings.assistant_model
        if not former.id:
            model = given["model"] if isinstance(given["model"], str) else ""
            given.setdefault("reasoning_effort", default_effort(self._settings, model))
        return Assistant.from_json({**former.to_json(), **given})

    async def _fine(self, former: Assistant, fields: Mapping[str, Any], *, client: bool = False) -> Review:
        review = await self.review(former, fields, client=client)
        if review.problems:
            raise Invalid(review.problems)
        return review

    def _tried(self, wanted: Assistant, former: Assistant) -> list[Remark]:
        """What the model server may refuse, where that is new."""
        full = self._settings.full_features
        warnings = unavailable(wanted, full=full) if wanted.tools != former.tools else []
        if _heat(wanted) != _heat(former) and all(_heat(wanted)):
            warnings.append(Remark("thinking_with_temperature", param="temperature"))
        return warnings

    async def _functions_of(self, wanted: Assistant, former: Assistant) -> tuple[list[Remark], list[Remark]]:
        """Problems of new functions without code; of those it had before there are warnings."""
        lacking = await self._lacking(wanted)
        warnings = [_unwritten(name) for name in lacking if name in former.functions()]
        facts = [{"name": name, "meant": meant(name) or near} for name, near in lacking.items()]
        unknown = [one for one in facts if one["name"] not in former.functions()]
        return [Remark("function_unknown", one, "tools") for one in unknown], warnings

    async def _lacking(self, assistant: Assistant) -> dict[str, str]:
        """The functions it names that nobody has written → one that is like it, or ""."""
        wanted = assistant.functions() - {EVERY_FUNCTION}
        names = set(await self._functions()) if wanted else set()
        return {name: "".join(difflib.get_close_matches(name, names, n=1)) for name in sorted(wanted - names)}

    async def _model_of(self, wanted: Assistant, former: Assistant) -> tuple[list[Remark], list[Remark]]:
        """Problems and warnings of a model that is new to it."""
        model = wanted.model
        if (former.id and model == former.model) or not isinstance(model, str) or not model.strip():
            return [], []
        verdict = (await self._models(model)).judge(model, day(self._clock()))
        if verdict.refused:
            facts = {"text": verdict.refused, "replacement": verdict.replacement}
            return [Remark("model_refused", facts, "model")], []
        warned = verdict.warning and [Remark("model_warning", {"text": verdict.warning}, "model")]
        return [], warned or []

    async def _models(self, wanted: str = "") -> ModelList:
        return await model_list.of_server(self._db, self._settings, self._ask, self._clock(), wanted=wanted)

    async def _prepared(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """As they can be here. Raises ImportRefused with what is wrong in any of them."""
        offered, today = await self._models(), day(self._clock())
        prepared, problems = [], []
        for one in arrivals:
            ready, wrong = await self._prepare(one, offered, today)
            prepared.append(ready)
            problems += [(one.label, problem) for problem in wrong]
        if problems:
            raise ImportRefused(problems)
        return prepared

    async def _prepare(
        self, arrival: Arrival, offered: ModelList, today: date
    ) -> tuple[Arrival, list[Remark]]:
        """One as it can be here, and what is wrong with it."""
        if problems := misshapen(arrival.fields):
            return arrival, problems
        if isinstance(model := arrival.fields.get("model"), str):
            arrival = renewed(arrival, offered.judge(model, today), self._settings)
        wanted = Assistant.from_json(arrival.fields)
        problems = mistakes(wanted, mcp_hosts=self._settings.mcp_hosts)
        lacking = [] if problems else await self._lacking(wanted)
        return replace(arrival, remarks=(*arrival.remarks, *map(_unwritten, lacking))), problems


def find(tx: Execute, wanted: str) -> Assistant:
    """The assistant with that id or name. Raises Unknown and Ambiguous."""
    those = assistants.named(tx, wanted)
    if len(those) > 1:
        raise Ambiguous(wanted, those)
    if not those:
        raise Unknown(wanted)
    return those[0]


def changeable(assistant: Assistant) -> Assistant:
    """The assistant, when it may be changed. Raises OfSettings."""
    if assistant.id == SETTINGS_ID:
        raise OfSettings(assistant.id)
    return assistant


def _taken(tx: Execute, name: object, id: str) -> list[Remark]:
    """What keeps the assistant with this id ("": a new one) from getting that name."""
    others = [one.id for one in assistants.named(tx, name) if one.id != id] if isinstance(name, str) else []
    if not others:
        return []
    facts = {"name": str(name), "id": others[0]}
    return [Remark("name_of_settings" if others[0] == SETTINGS_ID else "name_taken", facts, "name")]


def _unwritten(name: str) -> Remark:
    return Remark("function_unwritten", {"name": name}, "tools")


def _heat(assistant: Assistant) -> tuple[bool, bool]:
    """Whether it thinks, and whether temperature or top_p are set."""
    thinks = assistant.reasoning_effort not in (None, "none")
    return thinks, assistant.temperature is not None or assistant.top_p is not None
