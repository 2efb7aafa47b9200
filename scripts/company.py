"""A Spool with a past, for pictures of its page: invented people on the local Slack and Discord, assistants,
answers of every kind; one was killed in the middle and finished, one waits for a person.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp

from core.store import usage
from core.store.database import FILE, Database, Execute
from core.store.usage import Usage
from standins.discord import DiscordStandin
from standins.local import free_port
from standins.openai import OpenAIStandin
from standins.script.script import (
    Beat,
    Call,
    Cite,
    Fault,
    Hosted,
    Reason,
    Say,
    Wait,
    outputs,
    spoken,
    text_of,
)
from standins.slack import SlackStandin

ROOT: Final = Path(__file__).resolve().parent.parent
TICKETS: Final = '''
from core.tools import tool


@tool(confirm=True)
def open_ticket(title: str, urgent: bool = False) -> str:
    """Open a ticket for the facilities team.

    Args:
        title: what is wrong, in one line
        urgent: whether somebody cannot work because of it
    """
    return "FAC-2041"
'''
PEOPLE: Final = {"U0MINA": "Mina Park", "U0JONAS": "Jonas Weber", "U0SOOAH": "이수아", "U0RAVI": "Ravi Shah"}
CHANNELS: Final = {"C0HELPIT": "help-it", "C0OPS": "ops", "C0PEOPLE": "people", "C0DATA": "data"}
GUILD, SUPPORT, ARI, LENA = "900", "901", "777", "778"

VACATION: Final = (
    "How many vacation days do I have left if I joined on 1 March and took 6? And my badge is broken."
)
LONG: Final = "Please write the plan for Thursday's migration, step by step."
DAYS: Final = """\
You have **19 days** left: 25 for ten months, minus the 6 you took.

| | days |
|---|---:|
| whole year | 30 |
| March to December | 25 |
| taken | 6 |
| **left** | **19** |

Up to 5 of them may go into next year, until 31 March. """
PLAN: Final = "\n".join(
    f"{number}. {step}"
    for number, step in enumerate(
        (
            "Freeze deployments at 18:00 and tell #ops.",
            "Take a backup and restore it once, on the spare machine: a backup nobody restored is a hope.",
            "Switch writes to the new database; reads follow as soon as the lag is below a second.",
            "Watch the error rate for ten minutes. Above 0.5 % we go back, without a discussion.",
            "Remove the old credentials, and write down what surprised us.",
        ),
        1,
    )
)
INSTRUCTIONS: Final = (
    "You are HelpBot of Acme Corp.\nAnswer questions about our company.",
    "You are HelpBot of Acme Corp.\nAnswer questions about our company.\n"
    "When somebody needs a person, open a ticket.",
    "You are HelpBot of Acme Corp.\nAnswer from the handbook and name the page. Be brief.\n"
    "When somebody needs a person, open a ticket.",
)


class Model:
    """What the model says: decided by the newest question, at a pace that a timeline can show."""

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}

    def play(self, instructions: str, items: Sequence[Mapping[str, Any]]) -> Iterable[Beat]:
        """See `standins.script.script.Script`."""
        question = next((text_of(one) for one in reversed(items) if one.get("role") == "user"), "")
        times = self._asked[question] = self._asked.get(question, -1) + 1
        if "quota" in question:
            yield Fault("refuse", status=429, code="insufficient_quota", message="You exceeded your quota.")
        if "invoice" in question and not times:
            yield Fault("refuse", status=429, code="rate_limit_exceeded", retry_after=0.4)
        yield Wait(0.25)
        if done := outputs(items):
            yield Reason()
            told = str(list(done.values())[-1])
            trial = told.startswith("error")
            words = "I would have opened the ticket." if trial else f"Done: facilities has it as **{told}**."
            yield from spoken(words, delay=0.05)
        elif "vacation" in question:
            yield from _vacation()
        elif "migration" in question:
            yield from spoken(PLAN, delay=0.04)
        elif "release notes" in question:
            yield from spoken("Release 4.7 changes three things: logins are faster, exports", delay=0.03)
            yield Fault("incomplete", code="max_output_tokens")
        elif any("가" <= letter <= "힣" for letter in question):
            yield from spoken(
                "입사 1년 차는 **15일**입니다. 남은 휴가는 인사 시스템의 *내 휴가*에서 볼 수 있습니다.",
                delay=0.05,
            )
        else:
            yield from spoken(
                "Sure. I looked it up: the answer stands in the runbook, chapter 3.", delay=0.05
            )


def _vacation() -> Iterable[Beat]:
    yield Hosted("file_search_call", {"queries": ["vacation, first year"]}, seconds=0.6)
    code = "days = 30 * 10 / 12  # joined 1 March: 10 of 12 months\ndays - 6"
    logs = [{"type": "logs", "logs": "19.0"}]
    yield Hosted("code_interpreter_call", {"code": code, "outputs": logs}, seconds=0.9)
    yield from spoken(DAYS, delay=0.012)
    yield Cite({"type": "file_citation", "file_id": "file-handbook", "filename": "handbook-2026.pdf"})
    yield Say("I can open a ticket for the badge.")
    yield Call("open_ticket", {"title": "Badge of Mina Park does not open door 3", "urgent": False})


class Company:
    """What the pictures need of it; see `company`."""

    def __init__(
        self, folder: Path, slack: SlackStandin, discord: DiscordStandin, openai: OpenAIStandin
    ) -> None:
        self.slack, self.discord = slack, discord
        self.url = f"http://127.0.0.1:{free_port()}"
        self._environ = {
            **{"DATA_DIR": str(folder), "HTTP": self.url.removeprefix("http://")},
            **{"HTTP_SERVE": "api,health,console", "ANSWER_BUTTONS": "0", "FEEDBACK": "1"},
            **{"OPENAI_BASE_URL": openai.base_url, "OPENAI_API_KEY": "sk-local", "OPENAI_FEATURES": "full"},
            **{"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token},
            **{"SLACK_API_URL": slack.api_url, "DISCORD_BOT_TOKEN": discord.token},
            **{"DISCORD_API_URL": discord.api_url, "DISCORD_GATEWAY_URL": discord.gateway_url},
            **{"ADMINS": "U0JONAS", "ACCESS_EXTERNAL": "slack:C0HELPIT", "LIMIT_MONTH": "60"},
            **{"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)},
        }
        self._folder = folder

    async def spool(self, *arguments: str) -> str:
        """What a command prints; the bot itself is `run`."""
        process = await self._started(*arguments, stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode().strip()

    async def _started(self, *arguments: str, **more: Any) -> asyncio.subprocess.Process:
        with (self._folder / "log").open("ab") as log:
            command = (sys.executable, "-m", "bots", *arguments)
            return await asyncio.create_subprocess_exec(
                *command, cwd=self._folder, env=self._environ, stderr=log, **more
            )

    async def run(self) -> asyncio.subprocess.Process:
        """The bot, once its page answers and both networks have it."""
        before = self.discord.identifies + self.discord.resumes
        process = await self._started("run")
        async with aiohttp.ClientSession() as session:
            while process.returncode is None:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    if (await session.get(f"{self.url}/readyz")).status == 200:
                        break
                await asyncio.sleep(0.1)
        await self.discord.until(lambda: self.discord.identifies + self.discord.resumes > before)
        return process

    async def assistants(self) -> None:
        """HelpBot in three versions, and others."""
        create, update = ("assistants", "create", "--json"), ("assistants", "update", "HelpBot")
        first = ("--name", "HelpBot", "--instructions", INSTRUCTIONS[0], "--tool", "file_search")
        await self.spool(*create, *first, "--metadata", "spool_functions=server")
        tools = [f"--tool={name}" for name in ("file_search", "code_interpreter", "open_ticket", "clock")]
        await self.spool(*update, "--instructions", INSTRUCTIONS[1], *tools)
        await self.spool(*update, "--instructions", INSTRUCTIONS[2], "--effort", "low")
        for name, words, model in (
            ("Opsy", "You are on call with the operations team.", "gpt-6.1-terra"),
            ("Analyst", "You read numbers before you say anything.", "gpt-6.1-terra"),
            ("글벗", "사내 안내문을 짧고 정중하게 다듬습니다.", "gpt-6-luna"),
        ):
            await self.spool(*create, "--name", name, "--instructions", words, "--model", model)
        await self.spool("assistants", "use", "Opsy", "--slack", "C0OPS")
        await self.spool("assistants", "use", "글벗", "--slack", "C0PEOPLE")
        await self.spool("assistants", "use", "Analyst", "--slack", "C0DATA")
        await self.spool("assistants", "use", "HelpBot", "--default")

    async def spent(self) -> None:
        """A ledger of the thirty days before; nobody runs yet."""
        chance, until = random.Random(13), time.time() - 86_400  # noqa: S311 - no secret
        people = {"slack": [*PEOPLE], "discord": [ARI, LENA]}
        places = {"slack": [*CHANNELS], "discord": [SUPPORT]}

        def one(at: float) -> Usage:
            platform = chance.choice(("slack", "slack", "discord"))
            model = chance.choice(("gpt-6-luna", "gpt-6-luna", "gpt-6-luna", "gpt-6.1-terra"))
            place, who = chance.choice(places[platform]), chance.choice(people[platform])
            read, written = chance.randrange(800, 9_000), chance.randrange(60, 900)
            usd = (read * 0.1 + written * 0.5) / 1e6 * (12 if model.endswith("terra") else 1)
            return Usage(
                kind="answer" if chance.random() < 0.93 else "summary",
                model=model,
                began_at=at,
                outcome="completed",
                ended_at=at + 2,
                input=read,
                cached=read // 2,
                output=written,
                price_usd=usd,
                platform=platform,
                place=place,
                person=f"{platform}:{who}",
            )

        def work(tx: Execute) -> None:
            for day in range(30):
                busy = 14 if time.gmtime(until - day * 86_400).tm_wday < 5 else 3
                for number in range(busy * chance.randrange(3, 8)):
                    usage.add(tx, one(until - day * 86_400 - number * 400))

        db = Database(self._folder / FILE)
        await db(work)
        db.close()

    async def past(self) -> None:
        """What has been asked until now."""
        process = await self.run()
        killed = await self.slack.mention("U0JONAS", "C0OPS", LONG)
        await self.slack.until(lambda: "restored" in self._answer("C0OPS"), timeout=60)
        process.kill()
        await process.wait()
        process = await self.run()
        try:
            await self.slack.until(lambda: "surprised" in self._answer("C0OPS"), timeout=60)
            await self.slack.mention("U0JONAS", "C0OPS", "And who is on call?", killed)
            await self._talk()
            await asyncio.sleep(8)  # until all but one have ended
            for user, channel, value in (("U0SOOAH", "C0PEOPLE", "good"), ("U0JONAS", "C0OPS", "bad")):
                await self.slack.press(user, channel, self.slack.posts(channel)[-1].ts, "rate", value)
        finally:
            self.process = process

    def _answer(self, channel: str) -> str:
        return "".join(post.text for post in self.slack.posts(channel))

    async def _talk(self) -> None:
        mention, discord = self.slack.mention, self.discord
        await mention("U0RAVI", "C0DATA", "Write the release notes of 4.7, please.")
        await mention("U0RAVI", "C0DATA", "And what is our quota?")
        await mention("U0SOOAH", "C0PEOPLE", "입사 1년 차의 휴가는 며칠인가요?")
        await discord.say(ARI, SUPPORT, "where is the invoice of October?", mention_bot=True)
        await discord.say(LENA, discord.dm(LENA), "what changed in 4.7?")
        await discord.say(ARI, discord.dm(ARI), "남은 휴가를 알려 주세요.")
        files = [("report.pdf", b"%PDF-1.7 " + bytes(21 * 2**20))]
        await mention("U0MINA", "C0HELPIT", "Sum this up, please.", files=files)
        await asyncio.sleep(2)
        await mention("U0MINA", "C0HELPIT", VACATION)


@contextlib.asynccontextmanager
async def company(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The address of the page and a key for it; everything is in that folder and on this machine."""
    discord = DiscordStandin()
    async with SlackStandin() as slack, discord, OpenAIStandin(Model()) as openai:
        for user, name in PEOPLE.items():
            slack.workspace.person(user).name = name
        for channel, name in CHANNELS.items():
            slack.add_channel(channel, members=PEOPLE).name = name
        discord.add_guild(GUILD, "Acme")
        discord.add_channel(GUILD, SUPPORT, "support")
        discord.add_user(ARI, "Ari Kim")
        discord.add_user(LENA, "Lena Ortiz")
        (folder / "tools").mkdir(mode=0o700)
        (folder / "tools/tickets.py").write_text(TICKETS, "utf-8")
        here = Company(folder, slack, discord, openai)
        key = await here.spool("keys", "create", "mina", "--console", "--admin", "--read-chats", "--json")
        await here.assistants()
        await here.spent()
        await here.past()
        try:
            yield here.url, json.loads(key)["key"]
        finally:
            here.process.terminate()
            await here.process.wait()
