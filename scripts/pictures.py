"""The pictures in docs/console: each screen of a page with a past, as Chromium sees it."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, Page, Playwright, ViewportSize, sync_playwright

from scripts.company import VACATION, company
from scripts.film import Film

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs/console"
WIDE: Final[ViewportSize] = {"width": 1440, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


Prepared = Callable[[Page], None]


class Picture(NamedTuple):
    """One file: an address, what is done there before, and how it is looked at."""

    address: str
    prepare: Prepared = lambda _page: None
    view: ViewportSize = WIDE
    look: Mapping[str, Any] = {"locale": "en"}


def started(playwright: Playwright) -> Browser:
    """The browser on PATH; `scripts/browser` says how to get one."""
    path = next(filter(None, map(shutil.which, BROWSERS)))
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def make(names: Sequence[str]) -> int:
    """All pictures, or those with these names; returns the exit status."""
    FOLDER.mkdir(exist_ok=True)
    wanted = set(names) or {*PICTURES, *OF_THE_DEMO, FILM}
    with sync_playwright() as playwright:
        browser = started(playwright)
        for where, pictures in ((running, PICTURES), (demo, {FILM: Picture("/simulator"), **OF_THE_DEMO})):
            if chosen := {name: one for name, one in pictures.items() if name in wanted}:
                with where() as (url, key):
                    for name, picture in chosen.items():
                        (FOLDER / f"{name}.webp").write_bytes(_shown(browser, url, key, name, picture))
    return 0


def _shown(browser: Browser, url: str, key: str, name: str, picture: Picture) -> bytes:
    page = browser.new_context(viewport=picture.view, **picture.look).new_page()
    if name != "login":
        page.goto(f"{url}/#key={key}")
        page.get_by_role("navigation").wait_for()
    page.goto(url + picture.address)
    page.wait_for_selector("h1", state="attached")
    picture.prepare(page)
    page.wait_for_timeout(600)
    told = _killed(page) if name == FILM else taken(page)
    page.context.close()
    return told


def taken(page: Page, quality: int = 82, **clip: Any) -> bytes:
    """What the page looks like now, as WebP."""
    asked = {"format": "webp", "quality": quality, **clip}
    answer = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    return base64.b64decode(answer["data"])


@contextmanager
def running() -> Iterator[tuple[str, str]]:
    """The company in a thread with a loop of its own: Playwright's plain interface wants this one."""
    ready, over = threading.Event(), asyncio.Event()
    found: list[Any] = []

    async def serve() -> None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                async with company(Path(folder)) as told:
                    found.extend((*told, asyncio.get_running_loop()))
                    ready.set()
                    await over.wait()
            finally:
                ready.set()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield found[0], found[1]
    finally:
        if found:
            found[2].call_soon_threadsafe(over.set)
        thread.join()


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """`spool demo --page` in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, "-m", "bots", "demo", "--page")
        environ = {"DATA_DIR": folder, "HTTP": "127.0.0.1:0", "PATH": os.environ["PATH"], "HOME": folder}
        with subprocess.Popen(
            command, cwd=folder, env={**environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            link = next(line for line in process.stdout if line.startswith("Console: ")).split()[1]
            try:
                yield tuple(link.split("/#key="))  # type: ignore[misc]  # an address and a key
            finally:
                process.terminate()


def _ask(page: Page) -> None:
    """HelpBot is asked, and asks back."""
    page.get_by_label("Assistant", exact=True).select_option(label="HelpBot")
    page.get_by_label("Message", exact=True).fill(VACATION)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Yes, do it").wait_for(timeout=60_000)


def _open(**wanted: Any) -> Prepared:
    """The first run with these fields."""

    def opened(page: Page) -> None:
        rows: list[dict[str, Any]] = page.evaluate(
            "async () => (await (await fetch('/console/api/runs')).json()).data"
        )
        found = next(row for row in rows if all(row[name] == value for name, value in wanted.items()))
        page.goto(page.url.replace("/runs", f"/runs/{found['id']}"))
        page.get_by_role("heading", name="Timeline").or_(
            page.get_by_role("heading", name="타임라인")
        ).wait_for()

    return opened


def _follow(name: str, then: str = "") -> Prepared:
    """A link of the list, then a button or a link there."""

    def followed(page: Page) -> None:
        page.get_by_role("link", name=name).first.click()
        page.get_by_role("heading", level=1).wait_for()
        if then:
            page.get_by_role("button", name=then).or_(page.get_by_role("link", name=then)).click()

    return followed


def _checked(page: Page) -> None:
    page.get_by_text("as of").wait_for()


def _try(page: Page) -> None:
    """HelpBot's newest version beside the one before, on two questions."""
    _follow("HelpBot", "Trials")(page)
    for question in (VACATION.partition(" And ")[0], "Who is on call this week?"):
        page.get_by_label("Write a question").fill(question)
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_label(question, exact=True).wait_for()
    page.get_by_role("button", name="Start the trial").click()
    page.get_by_text("All 4 answers are there").wait_for(timeout=60_000)
    page.get_by_role("button", name="better").first.click()


def _say(page: Page, who: str, where: str, text: str) -> None:
    page.get_by_role("button", name=who, exact=True).click()
    box = page.get_by_role("region", name=where).get_by_role("textbox", name="Message")
    box.fill(text)
    box.press("Enter")


def _chat(page: Page) -> None:
    """Three people in both windows."""
    page.get_by_text("bot process").wait_for()
    _say(page, "Mina", "Slack", "calculate 2*(3+4)")
    _say(page, "Jonas", "Discord", "what can you do?")
    page.wait_for_timeout(6000)
    _say(page, "Ari", "Slack", "count to 40")
    page.get_by_text("39 40").first.wait_for()
    _say(page, "Jonas", "Discord", "count to 400")
    page.wait_for_timeout(3000)


def _killed(page: Page) -> bytes:
    """An answer that the bot is killed under, and that is finished in place; without the navigation."""
    left, scale = 224, 0.75
    width, height = WIDE["width"] - left, WIDE["height"]
    clip = {"x": left, "y": 0, "width": width, "height": height, "scale": scale}
    film = Film(lambda: taken(page, 60, clip=clip), round(width * scale), round(height * scale))
    film.take()
    _say(page, "Mina", "Slack", "count to 60")
    _filmed(page, film, "19 20")
    page.get_by_role("button", name="kill -9 the bot").click()
    _filmed(page, film, "59 60")
    page.wait_for_timeout(700)
    film.take()
    return film.whole()


def _filmed(page: Page, film: Film, until: str) -> None:
    """Until the newest post says so, several pictures a second."""
    while not page.get_by_role("article").last.get_by_text(until).count():
        film.take()
        page.wait_for_timeout(180)


_DARK: Final = {"locale": "ko", "color_scheme": "dark"}
_KILLED: Final = _open(takeovers=1)
PICTURES: Final[Mapping[str, Picture]] = {
    "overview": Picture("/overview"),
    "overview-ko-dark": Picture("/overview", look=_DARK),
    "overview-phone": Picture("/overview", view=PHONE),
    "usage": Picture("/usage?by=person"),
    "usage-ko-dark": Picture("/usage", look=_DARK),
    "health": Picture("/health", _checked),
    "trial": Picture("/assistants", _try),
    "playground": Picture("/playground", _ask),
    "playground-phone": Picture("/playground", _ask, PHONE),
    "assistants": Picture("/assistants"),
    "assistant": Picture("/assistants", _follow("HelpBot", "Versions")),
    "threads": Picture("/threads"),
    "thread": Picture("/threads?platform=slack", _follow("thread_", "Show texts")),
    "runs": Picture("/runs"),
    "runs-ko-dark": Picture("/runs", look=_DARK),
    "run": Picture("/runs", _KILLED),
    "run-ko-dark": Picture("/runs", _KILLED, look=_DARK),
    "run-phone": Picture("/runs", _KILLED, PHONE),
    "people": Picture("/people"),
    "login": Picture("/"),
}
OF_THE_DEMO: Final[Mapping[str, Picture]] = {
    "simulator": Picture("/simulator", _chat),
    "simulator-phone": Picture("/simulator", view=PHONE, look=_DARK),
}
FILM: Final = "kill"
