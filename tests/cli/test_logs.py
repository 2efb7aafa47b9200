"""bots.logs: a line of JSON, or for people; never a secret."""

from __future__ import annotations

import io
import json
import logging
import sqlite3

import pytest

from bots import logs
from core.errors import Permanent, Retryable
from tests.logged import lines, logged

SECRETS = ("hunter2-hunter2", "a\\b\"c'd")


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


def broken(text: str) -> None:
    raise ValueError(text)


def test_a_line_is_one_object_with_what_was_said_and_given():
    """Time, level, logger, message and the extras that have a value; letters stay as they are."""
    with logged() as stream:
        logging.getLogger("bots.x").warning("said %s", "안녕", extra={"run_id": "run_1", "error": None})

    (line,) = lines(stream)
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "WARNING", "logger": "bots.x", "message": "said 안녕", "run_id": "run_1"}


def test_what_json_cannot_hold_is_written_as_text():
    with logged() as stream:
        logging.getLogger("bots.x").info("m", extra={"at": {1}})

    assert "{1}" == lines(stream)[0]["at"]


def test_a_traceback_is_part_of_its_line():
    with logged() as stream:
        try:
            broken("on purpose")
        except ValueError:
            logging.getLogger("bots.x").exception("failed")

    (line,) = lines(stream)
    assert line["traceback"].endswith("in broken\nValueError")


def failing(error: Exception) -> None:
    try:
        broken("wordsofaperson")
    except ValueError:
        raise ExceptionGroup("wordsofaperson", [error]) from None


@pytest.mark.promise("P4")
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("wordsofaperson"), "ValueError"),
        (KeyError("wordsofaperson"), "KeyError"),
        (UnicodeDecodeError("utf-8", b"wordsofaperson", 0, 1, "wordsofaperson"), "UnicodeDecodeError"),
        (SyntaxError("wordsofaperson", ("wordsofaperson", 1, 1, "wordsofaperson")), "SyntaxError"),
        (OSError(2, "No such file", "wordsofaperson"), "FileNotFoundError: No such file"),
        (sqlite3.OperationalError("database is locked"), "OperationalError: database is locked"),
        (Retryable("server_error: The wordsofaperson are no PDF"), "Retryable: server_error"),
        (Permanent("upload: http_500", notice=""), "Permanent: upload: http_500"),
    ],
)
def test_an_errors_own_text_is_nobodys_business(error, said):
    """It may repeat what people wrote; where it was raised is told, at every level and by libraries too."""
    with logged("DEBUG") as stream:
        try:
            failing(error)
        except ExceptionGroup:
            logging.getLogger("bots.x").debug("failed", exc_info=True)
            logging.getLogger("slack_bolt.App").exception(f"Failed to run listener (error: {error})")  # noqa: G004
            logging.getLogger("discord.client").exception("Ignoring exception in %s", error)
            logging.getLogger("asyncio").error(f"Task exception was never retrieved\n{error!r}")  # noqa: G004

    assert "wordsofaperson" not in stream.getvalue()
    first, *others = lines(stream)
    assert first["traceback"].splitlines()[0] == said
    assert ["Failed to run listener …", "Ignoring exception in …", "Task exception was never retrieved…"] == [
        line["message"] for line in others
    ]


def test_people_at_a_terminal_read_a_line_of_text():
    stream = Terminal()
    with logged():
        logs.set_up("INFO", SECRETS, stream)
        logging.getLogger("bots.x").info("said", extra={"run_id": "run_1", "error": "hunter2-hunter2"})
        try:
            broken("hunter2-hunter2")
        except ValueError:
            logging.getLogger("bots.x").exception("failed")

    first, *others = stream.getvalue().splitlines()
    assert first.endswith("info    said run_id=run_1 error=***")
    assert "ValueError" == others[-1]


@pytest.mark.promise("K1")
@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_never_get_into_a_line(secret):
    """Not as message, argument, extra, or text of an error, and not in the error that caused it."""
    with logged("DEBUG", SECRETS) as stream:
        log = logging.getLogger("bots.x")
        log.info(secret)
        log.info("%s and %r", secret, [secret])
        log.info("m", extra={"error": f"x{secret}x"})
        try:
            try:
                broken(secret)
            except ValueError as error:
                raise RuntimeError(secret) from error
        except RuntimeError:
            log.exception("failed: %s", secret)

    assert 4 == len(lines(stream))
    assert secret not in stream.getvalue()
    assert json.dumps(secret)[1:-1] not in stream.getvalue()


@pytest.mark.promise("K2")
@pytest.mark.parametrize(
    "token",
    [
        "xoxb-123456-abcdef",
        "xapp-1-A123456",
        "sk-proj-abcdef_123",
        "wss://wss-primary.example.com/link/?ticket=abcdef&app_id=1",
    ],
)
def test_what_looks_like_a_token_is_blotted_out(token):
    with logged() as stream:
        logging.getLogger("bots.x").warning("at %s", token, extra={"error": token})

    (line,) = lines(stream)
    assert ("at ***", "***") == (line["message"], line["error"])


def test_a_secret_too_short_to_be_one_is_left():
    """Blotting out every `a` would leave nothing to read."""
    with logged(secrets=("", "a", "abc")) as stream:
        logging.getLogger("bots.x").info("abc")

    assert "abc" == lines(stream)[0]["message"]


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_the_level_is_the_configured_one(level):
    with logged(level) as stream:
        for name in ("DEBUG", "INFO", "WARNING", "ERROR"):
            logging.getLogger("bots.x").log(logging.getLevelNamesMapping()[name], name)

    names = ["DEBUG", "INFO", "WARNING", "ERROR"]
    assert names[names.index(level) :] == [line["message"] for line in lines(stream)]


@pytest.mark.parametrize("name", ["slack_sdk.web", "discord.http", "openai", "aiohttp.client", "asyncio"])
def test_libraries_may_only_warn(name):
    """At DEBUG they write messages and tickets; a level they gave themselves changes nothing."""
    with logged("DEBUG") as stream:
        library = logging.getLogger(name)
        library.setLevel(logging.DEBUG)
        library.debug("message text")
        library.info("message text")
        library.warning("careful")

    assert ["careful"] == [line["message"] for line in lines(stream)]


def test_at_error_level_libraries_do_not_warn():
    with logged("ERROR") as stream:
        logging.getLogger("openai").warning("careful")
        logging.getLogger("openai").error("broken")

    assert ["broken"] == [line["message"] for line in lines(stream)]
