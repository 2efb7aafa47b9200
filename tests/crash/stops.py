"""Where `tests.crash.preserve` kills the product: a point in each kind of step.

On both platforms, but for steps that know nothing of platforms: those are made on Slack alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tests.crash.history import Said
from tests.crash.oracle import RESET, Question
from tests.crash.people import Person, on_slack
from tests.crash.scenario import FULL, PAY, SLACK_FALLBACK, SUMMARY, TWO, Scenario, _both
from tests.crash.world import World

HOSTED = ("image_generation", "code_interpreter")
TALK = _both("talk", Question("alpha", 36, 12))
SEEN = _both("files", Question("alpha", 12, 2, "seen"), settings=FULL)
SLOW = _both("an answer that is stopped", Question("alpha", 12, 3))
TURNS = _both("two questions", Question("alpha", 24, 8), Question("beta", 12, 1))
FILE = _both("a picture and a table", Question("alpha", 12, 2, "draw"), tools=HOSTED, settings=FULL)
RESUMED = _both("in the background", Question("alpha", 12, 2), settings=FULL | {"OPENAI_BACKGROUND": "1"})
LONG = _both("two posts", Question("alpha", 300, 5))


def _in_a_talk(stage: World) -> Person:
    """Each question is asked in a thread that somebody else has begun."""
    person = on_slack(stage, "u2", "C2")

    async def say(text: str) -> Said:
        began = await stage.slack.say("U9", "C2", "A good place to talk")
        return await stage.on_slack("U2", "C2", text, began)

    person.say = say
    return person


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step: the process dies there in the scenario. `at`: a label of `Points.arm` by platform."""

    name: str
    scenarios: tuple[Scenario, ...]
    at: Mapping[str, str]


def _kind(name: str, scenarios: tuple[Scenario, ...], at: str = "", **at_on: str) -> Kind:
    return Kind(name, scenarios, at_on or {"slack": at, "discord": at})


def _talk_in(name: str, place: Callable[[World], Person]) -> tuple[Scenario]:
    return (Scenario(name, "slack", place, TALK[0].acts),)


POST, ONE_EDIT = "POST /chat.postMessage", "PATCH /channels/…/messages/… after"
ONE_POST, SHOWN = "POST /channels/…/messages after", "commit steps:file:file-shown"
KINDS = (
    _kind("claimed", TALK, "commit messages after"),
    _kind("context", _talk_in("a talk of others", _in_a_talk), slack="commit steps:context after"),
    _kind("file-fetched", SEEN, "commit files after"),
    _kind("post-intent", TALK, "commit steps:post:0 after"),
    _kind("post-created", TALK, slack="POST /chat.startStream after", discord=ONE_POST),
    _kind("post-created-unstreamed", _talk_in("talk", SLACK_FALLBACK.open), slack=f"{POST} after"),
    _kind("post-id", TALK, slack="POST /assistant.threads.setStatus after", discord=ONE_EDIT),
    _kind("post-second-intent", LONG[1:], "commit steps:post:1 after"),
    _kind("queued-behind", TURNS, "commit steps:answer before"),
    _kind("answer", TALK, "commit steps:answer after"),
    _kind("round", TWO[:1], "commit steps:round:0 after"),
    _kind("call-done", TWO[:1], "commit steps:call:output-files after"),
    _kind("approval-waiting", PAY[:1], "commit steps:ask:intent before"),
    _kind("ask-intent", PAY, "commit steps:ask:intent after"),
    _kind("ask-created", PAY, slack="POST /chat.postMessage after", discord=ONE_POST),
    _kind("ask-id", PAY, "commit steps:ask:id after"),
    _kind("approval-approved", PAY, "commit steps:ask:id-decided before"),
    _kind("ask-decided", PAY, "commit steps:ask:id-decided after"),
    _kind("call-begun", PAY, "commit steps:call:begun after"),
    _kind("call-effect", PAY, "commit steps:call:output-files before"),
    _kind("call-paid", PAY[:1], "commit steps:call:output-files after"),
    _kind("response", RESUMED[:1], "commit steps:response after"),
    _kind("file-given", FILE, slack="commit steps:file:file after", discord="commit steps:file:intent after"),
    _kind("file-shown", FILE, slack=f"{SHOWN} after", discord="commit steps:file:id after"),
    _kind("file-created", FILE, slack=f"{SHOWN} before", discord="commit steps:file:id before"),
    _kind("summary-due", SUMMARY[:1], "commit summaries after"),
    _kind("own-text", tuple(replace(one, acts=lambda _: [RESET]) for one in TALK), "commit messages after"),
    _kind("cancelling", SLOW, "commit runs after"),
)
