"""People, limits and the audit as the page is told: for admins alone, over real sockets."""

from __future__ import annotations

import sqlite3
import time

import pytest

from core.store.database import FILE, look
from standins.slack import SlackStandin
from tests.slack.conversation import exchange
from tests.web.browser import browser, stranger
from tests.web.clients import Api

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ASKED = (
    ("GET", "/console/api/audit"),
    ("GET", "/console/api/rules"),
    ("GET", "/console/api/people"),
    ("GET", "/console/api/people/slack:U1"),
    ("POST", "/console/api/people/slack:U1/export"),
    ("POST", "/console/api/people/slack:U1/erase"),
)


@pytest.fixture
def api(console: Api) -> Api:
    return console


async def test_only_admins_see_any_of_it(api: Api):
    async with stranger(api) as nobody, browser(api, read_chats=True) as mina:
        for method, path in ASKED:
            body = {"confirm": "slack:U1"} if "erase" in path else {} if method == "POST" else None
            assert 401 == (await nobody.ask(method, path, body))[0]
            status, told = await mina.ask(method, path, body)
            assert (403, "admin") == (status, told["error"]["code"]), path
    made = look(api.data / FILE, lambda tx: tx.execute("SELECT action FROM audit").fetchall())
    assert not [action for (action,) in made if action.startswith("data.")]


async def test_rules_limits_and_who_has_used_them(api: Api, slack: SlackStandin):
    await exchange(slack, "U1", "C1", "hello")
    fill = "INSERT INTO buckets VALUES ('LIMIT_PERSON_MINUTE', 'slack:U9', ?), ('LIMIT_PLACE_MINUTE', 'x', 5)"
    with sqlite3.connect(api.data / FILE) as db:
        db.execute(fill, (time.time() + 54,))
        kept = "INSERT INTO reservations VALUES ('resv_1', NULL, NULL, 'slack:U1', ?, 20000000000, 0)"
        db.execute(kept, (time.time(),))
    async with browser(api, admin=True) as boss:
        told = await boss.get("/console/api/rules")
        rules, limits = ({one["name"]: one for one in told[kind]} for kind in ("rules", "limits"))
        assert ([], "default") == (rules["ACCESS_DENY"]["value"], rules["ACCESS_DENY"]["source"])
        minute, month = limits["LIMIT_PERSON_MINUTE"], limits["LIMIT_MONTH"]
        assert (20, "default") == (minute["value"], minute["source"])
        assert "slack:U9" == minute["used"][0]["id"]
        assert 15 < minute["used"][0]["used"] <= 18
        assert "x" not in str(limits["LIMIT_PLACE_MINUTE"]["used"])
        spent = limits["LIMIT_PERSON_DAY"]["used"][0]
        assert ("slack:U1", spent["used"]) == (spent["id"], month["used"][0]["used"])
        assert 2 <= spent["used"] < 2.1  # what is reserved for it counts, too


async def test_what_is_kept_of_a_person_is_shown_taken_along_and_erased(api: Api, slack: SlackStandin):
    """Counts to admins; words to those who may read them; each time with a row; erased only as confirmed."""
    await exchange(slack, "U1", "C1", "canary-words")
    one = "/console/api/people/slack:U1"
    async with browser(api, admin=True) as boss, browser(api, admin=True, read_chats=True) as reader:
        found = (await boss.get("/console/api/people?q=u1"))["data"]
        assert ["slack:U1"] == [who["id"] for who in found]
        assert [] == (await boss.get("/console/api/people?q=%25"))["data"]
        kept = await boss.get(one)
        assert (1, None, []) == (kept["counts"]["messages"], kept["erasure"], kept["remains"])
        assert "canary" not in str(kept)
        status, told = await boss.ask("POST", f"{one}/export", {})
        assert (403, "read_chats") == (status, told["error"]["code"])
        assert "canary-words" in str(await reader.post(f"{one}/export"))
        there = await boss.get(f"{one}/access")
        assert (True, "workspace", "slack:C1") == (there["allowed"], there["rule"], there["place"])
        assert "slack:C2" == (await boss.get(f"{one}/access?place=C2"))["place"]
        for wrong in ("", "slack:U2", "SLACK:U1"):
            status, told = await boss.ask("POST", f"{one}/erase", {"confirm": wrong})
            assert (400, "not_confirmed") == (status, told["error"]["code"])
        for nobody in ("key:mina", "U1", "slack:C1"):
            status, told = await boss.ask("GET", f"/console/api/people/{nobody}")
            assert (400, "no_person") == (status, told["error"]["code"])
        assert (await boss.post(f"{one}/erase", {"confirm": "slack:U1"}))["erasure"]["asked_at"]
        await boss.until("/console/api/people?q=u1", lambda told: not told["data"])
        rows = (await boss.get("/console/api/audit?object=slack:U1"))["data"]
        assert [
            ("mina-admin", "data.erase"),
            ("mina-admin-read_chats", "data.export"),
            ("mina-admin", "data.show"),
        ] == [(row["actor"], row["action"]) for row in rows]


async def test_the_audit_a_page_at_a_time(api: Api):
    async with browser(api, admin=True) as boss:
        first = await boss.get("/console/api/audit?limit=1")
        assert (True, 1) == (first["has_more"], len(first["data"]))
        rest = await boss.get(f"/console/api/audit?limit=1000&after={first['last_id']}")
        assert not rest["has_more"]
        whole = [*first["data"], *rest["data"]]
        assert "console.login" in [row["action"] for row in whole]
        assert sorted((row["at"] for row in whole), reverse=True) == [row["at"] for row in whole]
        for after in ("x", "9" * 30):
            assert 404 == (await boss.ask("GET", f"/console/api/audit?after={after}"))[0]
