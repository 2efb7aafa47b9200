"""/console: logging in, and what the page asks for beyond the API (docs/console-api.md)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from bots.checks.korean import spoken
from bots.version import version
from bots.web.bodies.assistants import ModifyAssistant
from bots.web.bodies.shared import Body, Query
from bots.web.frame.answers import reply
from bots.web.page import live, observe, people, trials
from bots.web.page.gate import cookie_of, language_of
from bots.web.page.services import Console
from bots.web.page.shown import link, posts, shown
from bots.web.route import EVENTS, NOTHING, Answer, Call, Route, by
from core.api.console.people import admins_only
from core.api.console.sessions import TOKEN
from core.api.key import Key
from core.api.page import listed
from core.api.refusal import Refusal
from core.store.console import Filters

HOSTED: Final = ("code_interpreter", "file_search", "web_search", "image_generation")


class Empty(Body):
    """{}: what a browser sends as JSON, no page of a stranger can."""


class LogIn(Body):
    key: Annotated[str, Field(min_length=1, max_length=256)]


class Rows(Query):
    q: Annotated[str, Field(max_length=200)] = ""
    status: str = ""
    assistant: str = ""
    platform: str = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: str | None = None


class RunRows(Rows):
    thread: str = ""
    feedback: Literal["", "good", "bad"] = ""


class ThreadOnly(Query):
    thread: str = ""


class Since(Query):
    """`last_event_id`: of a page that had to begin a new connection itself. Both stand for headers."""

    last_event_id: Annotated[str, Field(max_length=64)] = ""
    language: Literal["", "en", "ko"] = ""


class ChangeAssistant(Body):
    version: int
    fields: ModifyAssistant


class Decide(Body):
    yes: bool


class Show(Body):
    platform: Literal["slack", "discord"]
    text: Annotated[str, Field(max_length=100_000)]


def routes(console: Console) -> tuple[Route, ...]:
    """Their operations."""
    found = (
        *_access(console),
        *_lists(console),
        *_threads(console),
        *_assistants(console),
        *_playground(console),
        *_health(console),
    )
    return (*found, *observe.routes(console), *people.routes(console.people), *trials.routes(console.trials))


def _access(console: Console) -> tuple[Route, ...]:
    async def enter(call: Call) -> Answer:
        return await console.login.enter(call.request.remote or "", call.body["key"])

    async def leave(call: Call) -> Answer:
        return await console.login.leave(cookie_of(call.request))

    async def session(call: Call) -> Answer:
        return _session(console, call.key)

    async def whether(call: Call) -> Answer:
        key = await console.sessions.find(cookie_of(call.request))
        return {"session": _session(console, key) if key else None}

    async def token(call: Call) -> Answer:
        return {"token": console.sessions.token(cookie_of(call.request)), "expires_in": int(TOKEN)}

    async def events(call: Call) -> Answer:
        return await live.answer(call, console.changes, console.sessions)

    return (
        _route(
            "POST",
            "/login",
            enter,
            "Log in with a key, or a link's secret",
            body=LogIn,
            answer=NOTHING,
            open=True,
        ),
        _route("GET", "/login", whether, "Whether anybody is logged in, and who", open=True),
        _route("POST", "/logout", leave, "Log out", body=Empty, answer=NOTHING),
        _route("GET", "/api/session", session, "Who is logged in"),
        _route("POST", "/api/token", token, "A bearer token for /v1, for 15 minutes", body=Empty),
        _route("GET", "/api/events", events, "What changes", query=Since, answer=EVENTS),
    )


def _session(console: Console, key: Key) -> dict[str, Any]:
    told = {"name": key.name, "project": key.project, "admin": key.admin, "read_chats": key.read_chats}
    means = console.means
    return {
        **told,
        "version": version(),
        "demo": means.demo,
        "feedback": console.settings.feedback,
        "connections": means.checks.connections.to_json(),
    }


def _lists(console: Console) -> tuple[Route, ...]:
    looks = console.looks

    async def runs(call: Call) -> Answer:
        query = call.query
        return await looks.runs(
            call.key, _filters(query), query["limit"], query["after"], language_of(call.request)
        )

    async def run(call: Call) -> Answer:
        told = await looks.run(call.key, call.path["run_id"], language_of(call.request))
        first, where = told.pop("post"), told.pop("where")
        return {**told, "link": link(where, first[0]["id"]) if first else None}

    async def run_texts(call: Call) -> Answer:
        told = await looks.run_texts(call.key, call.path["run_id"])
        return await asyncio.to_thread(_with_posts, told)

    a_run = "/api/runs/{run_id}"
    return (
        _route("GET", "/api/runs", runs, "List runs", query=RunRows, answer="list"),
        _route("GET", a_run, run, "One run, as it went"),
        _route("POST", f"{a_run}/texts", run_texts, "What was said in a run; audited", body=Empty),
    )


def _threads(console: Console) -> tuple[Route, ...]:
    looks = console.looks

    async def threads(call: Call) -> Answer:
        query = call.query
        return await looks.threads(call.key, _filters(query), query["limit"], query["after"])

    async def thread(call: Call) -> Answer:
        language, budget = language_of(call.request), console.settings.budget
        return await looks.thread(call.key, call.path["thread_id"], language, budget)

    async def thread_texts(call: Call) -> Answer:
        return await looks.thread_texts(call.key, call.path["thread_id"])

    async def copy(call: Call) -> Answer:
        return await looks.copy(call.key, call.path["thread_id"])

    a_thread = "/api/threads/{thread_id}"
    return (
        _route("GET", "/api/threads", threads, "List threads", query=Rows, answer="list"),
        _route("GET", a_thread, thread, "One thread, with its newest runs"),
        _route("POST", f"{a_thread}/texts", thread_texts, "What was said in a thread; audited", body=Empty),
        _route("POST", f"{a_thread}/copy", copy, "A thread that goes on from here; audited", body=Empty),
    )


def _assistants(console: Console) -> tuple[Route, ...]:
    async def change(call: Call) -> Answer:
        id, body = call.path["assistant_id"], call.body
        told, changed = await console.versions.change(call.key, id, body["version"], body["fields"])
        return told if changed else reply(told, status=409)

    async def tools(call: Call) -> Answer:
        hosted = [_tool(name, "hosted", console.settings.full_features, {"type": name}) for name in HOSTED]
        own = []
        for tool in (await console.means.ready()).toolbox:
            function = {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            }
            told = _tool(tool.name, "function", True, {"type": "function", "function": function})
            more = {
                "description": tool.description,
                "needs_approval": tool.confirm,
                "file": Path(tool.source).name,
            }
            own.append({**told, **more})
        return listed([{"id": one["name"], **one} for one in [*hosted, *own]], more=False)

    one = "/api/assistants/{assistant_id}"
    return (
        _route("GET", one, by(console.versions.get), "One assistant: versions, and where it answers"),
        _route("POST", one, change, "Change an assistant, unless somebody else has", body=ChangeAssistant),
        _route("GET", "/api/tools", tools, "What an assistant may be given", answer="list"),
    )


def _playground(console: Console) -> tuple[Route, ...]:
    cutting = asyncio.Lock()

    async def decide(call: Call) -> Answer:
        id = call.path["question_id"]
        before = await console.looks.question(call.key, id)
        decision = await console.means.decide(id, call.key.person, call.body["yes"])
        if decision != "done":
            told = f"This was decided already, or is over: {before['state']}."
            raise Refusal(told, status=409, code="decided")
        return await console.looks.question(call.key, id)

    async def show(call: Call) -> Answer:
        async with cutting:  # a long one takes a second, in which chats are answered
            return await asyncio.to_thread(shown, call.body["platform"], call.body["text"])

    one, asked = "/api/questions/{question_id}", by(console.looks.questions)
    return (
        _route("GET", "/api/questions", asked, "What asks for your yes", query=ThreadOnly, answer="list"),
        _route("POST", one, decide, "Your yes or no", body=Decide),
        _route("POST", "/api/shown", show, "An answer as Slack or Discord shows it", body=Show),
    )


def _health(console: Console) -> tuple[Route, ...]:
    checks = console.means.checks

    def told(call: Call) -> Answer:
        """What is found names settings, folders and servers, which are an admin's affair."""
        language, hidden = language_of(call.request), {} if call.key.admin else {"what": "", "cure": ""}
        found = [spoken(one, language) | hidden for one in checks.known]
        return {"at": checks.at, "checking": checks.checking, "checks": found}

    async def health(call: Call) -> Answer:
        checks.look()
        return told(call)

    async def again(call: Call) -> Answer:
        admins_only(call.key)
        checks.look(again=True)
        return told(call)

    return (
        _route("GET", "/api/health", health, "What is set up wrongly, with its cure"),
        _route("POST", "/api/health", again, "Look at all of it again", body=Empty),
    )


def _route(method: Literal["GET", "POST"], path: str, handle: Any, summary: str, **more: Any) -> Route:
    return Route(method, path, handle, summary, base="/console", **more)


def _filters(query: Any) -> Filters:
    status = tuple(filter(None, query["status"].split(",")))
    told = (query["assistant"], query.get("thread", ""), query["platform"])
    return Filters(query["q"], status, *told, feedback=query.get("feedback", ""))


def _tool(name: str, kind: str, available: bool, tool: Any) -> dict[str, Any]:
    told = {"name": name, "kind": kind, "available": available, "description": "", "needs_approval": False}
    return {**told, "file": "", "tool": tool}


def _with_posts(told: dict[str, Any]) -> dict[str, Any]:
    """Each post with what it says, by the adapters' own code, and its link."""
    where = told.pop("where")
    platform = where[0]
    said = posts(platform, told["answer"]) if told["posts"] else []
    made = [
        {"platform": platform, "at": post["at"], "text": text, "link": link(where, post["id"])}
        for post, text in zip(told["posts"], said, strict=False)
    ]
    return {**told, "posts": made}
