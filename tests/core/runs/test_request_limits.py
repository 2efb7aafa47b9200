"""core.runs.request: what a server would refuse is not asked of it."""

from __future__ import annotations

from core.runs.request import MOST_FILES, Resources, offer
from core.tools import Toolbox
from tests.core.served import assistant, tools


def files(own: int, sent: int) -> list[str]:
    """The files a container is made with."""
    who = assistant(
        tools=tools("code_interpreter"),
        tool_resources={"code_interpreter": {"file_ids": [f"own-{n}" for n in range(own)]}},
    )
    given = Resources(files=[f"sent-{n}" for n in range(sent)])
    made = offer(who, Toolbox(), full=True, hosts=frozenset(), resources=given)
    found: list[str] = made.tools[0]["container"].get("file_ids", [])
    return found


def test_a_container_gets_the_newest_files_that_it_takes():
    """And all of the assistant's."""
    given = files(own=2, sent=60)
    assert MOST_FILES == len(given)
    assert ["own-0", "own-1", "sent-12"] == given[:3]
    assert "sent-59" == given[-1]


def test_a_container_gets_all_files_when_they_fit():
    """None is left out, and none are no field."""
    assert ["own-0", "sent-0"] == files(own=1, sent=1)
    assert [] == files(own=0, sent=0)
    assert MOST_FILES == len(files(own=60, sent=5))
