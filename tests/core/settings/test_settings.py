"""core.settings: all mistakes at once, each with its cure; and `.env.example` is their documentation."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import openai
import pytest
from dotenv import dotenv_values

from core.errors import ConfigError
from core.settings import NAMES, Settings, read
from core.settings.misspelt import VENDOR, misspelt

EXAMPLE = Path(__file__).parents[3] / ".env.example"
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
KEY = {"OPENAI_API_KEY": "sk-1"}


def problems(environ: dict[str, str], to_run: list[str] | None = None) -> tuple[str, ...]:
    """What is wrong with these settings; something must be."""
    with pytest.raises(ConfigError) as caught:
        read(environ, to_run=to_run)
    return caught.value.problems


def documented() -> dict[str, tuple[str, bool]]:
    """Name → (value, whether it is a comment), of each setting in `.env.example`; each once."""
    found = re.findall(r"^(#?)([A-Z_]+)=(.*)$", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    names = [name for _, name, _ in found]
    assert sorted(set(names)) == sorted(names)
    return {name: (value, bool(mark)) for mark, name, value in found}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_documented_value_is_the_default(name):
    """Removing the # of a line, or leaving it empty, changes nothing."""
    value, _ = documented()[name]
    field = NAMES[name]
    default = getattr(Settings(), field)
    assert Settings() == read({name: "  "})
    assert default == getattr(read({name: value}), field)
    assert bool(value) is bool(default) or isinstance(default, bool)


def test_only_what_is_needed_is_not_a_comment():
    """Key and tokens are to be filled in; they come first, and they are empty."""
    needed = {name: value for name, (value, comment) in documented().items() if not comment}
    secrets = {item.name.upper(): "" for item in fields(Settings) if not item.repr}
    assert secrets == needed
    assert set(list(documented())[: len(needed)]) == set(needed)


@pytest.mark.parametrize("value", ["-1", "1.5", "many", "²"])
def test_a_limit_is_a_whole_number_and_0_is_none(value):
    assert read({"LIMIT_OPEN": "0", "LIMIT_MONTH": "2.5"}).limit_open == 0
    assert "0 is no limit" in problems({"LIMIT_OPEN": value})[0]
    assert "0 is no limit" in problems({"LIMIT_MONTH": "nan"})[0]


def test_every_setting_is_documented_and_nothing_else():
    """`.env.example` has exactly the settings there are; `cp .env.example .env` alone configures nothing."""
    assert set(NAMES) == set(documented())
    assert Settings() == read({name: value or "" for name, value in dotenv_values(EXAMPLE).items()})


def test_every_setting_is_explained():
    """Above each stands at least a line of meaning; settings may share it."""
    blocks = EXAMPLE.read_text("utf-8").split("\n\n")
    settings = [block for block in blocks if re.search(r"^#?[A-Z_]+=", block, re.MULTILINE)]
    assert settings
    assert not [block for block in settings if not re.match(r"# \w.{10,}", block)]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("OPENAI_API_KEY", " sk-1 ", "sk-1"),
        ("OPENAI_FEATURES", "FULL", "full"),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("THREAD_SCOPE", "topic", "topic"),
        ("THREAD_SCOPE", "Person-Topic", "person-topic"),
        ("DM_SCOPE", "person-topic", "person-topic"),
        ("ANSWER_IN", "slack:C01, discord:12345", ("slack:C01", "discord:12345")),
        ("FOLLOW_THREADS", "1", True),
        ("FOLLOW_THREADS", "Yes", True),
        ("FOLLOW_THREADS", "off", False),
        ("HISTORY_TOKENS", "5", 5),
        ("DATA_DIR", "/srv/spool", Path("/srv/spool")),
        ("DATA_DIR", "~/spool", Path.home() / "spool"),
        ("DISCORD_GATEWAY_URL", "ws://127.0.0.1:1", "ws://127.0.0.1:1"),
        ("LANGUAGE", "ko", "ko"),
        ("LANGUAGE", "KO", "ko"),
        ("LANGUAGE", "en_US:en", "en"),
        ("LANGUAGE", "fr:ko_KR:en", "ko"),
        ("LANGUAGE", "fr_FR", "en"),
        ("ADMINS", "U0123ABC,W1 112233445566778899", ("U0123ABC", "W1", "112233445566778899")),
        ("ADMINS", "slack:U1 discord:2", ("slack:U1", "discord:2")),
        (
            "ACCESS_ALLOW",
            "slack:U1, slack:C1,slack:T1,discord:2,",
            ("slack:U1", "slack:C1", "slack:T1", "discord:2"),
        ),
        ("ACCESS_BOTS", "slack:B1,slack:A1", ("slack:B1", "slack:A1")),
        ("DISCORD_GUILDS", "1, 2", ("1", "2")),
        ("MCP_HOSTS", "mcp.example.com, 10.0.0.7", ("mcp.example.com", "10.0.0.7")),
    ],
)
def test_values_are_read_kindly(name, text, value):
    """Whatever the case, with blanks around them; lists with commas or blanks."""
    assert value == getattr(read({name: text}), NAMES[name])


@pytest.mark.parametrize(
    ("name", "text", "cure"),
    [
        ("OPENAI_FEATURES", "some", "auto, full, portable"),
        ("LANGUAGE", "fr", "en, ko"),
        ("FOLLOW_THREADS", "maybe", "1 or 0"),
        ("DM_SCOPE", "topic", "Use one of: user, person-topic."),
        ("ANSWER_IN", "slack:C012, #general", "ANSWER_IN: #general is no channel. Write slack:C0123ABCD"),
        ("ANSWER_IN", "slack:general", "the channel's details show its id"),
        ("ANSWER_IN", "slack:D0123ABCD", "is no channel"),
        ("ANSWER_IN", "discord:general", "Copy Channel ID"),
        ("ANSWER_IN", "C0123ABCD", "Write slack:C0123ABCD"),
        ("HISTORY_TOKENS", "0", "above 0"),
        ("HISTORY_TOKENS", "-5", "above 0"),
        ("HISTORY_TOKENS", "1.5", "above 0"),
        ("HISTORY_TOKENS", "٣", "above 0"),
        ("OPENAI_BASE_URL", "localhost:8000", "https://"),
        ("ADMINS", "U0123ABC, @me", "ADMINS: @me is no user id. Slack's are like U0123ABCD"),
        ("ADMINS", "u0123abc", "Copy member ID"),
        (
            "ACCESS_ALLOW",
            "U0123ABCD",
            "Write slack:U0123ABCD (a person), slack:C0123ABCD (a channel), slack:T",
        ),
        ("ACCESS_ALLOW", "slack:U1 slack:U2", "with commas between"),
        ("ACCESS_ALLOW", "slack:U1;slack:U2", "with commas between"),
        ("ACCESS_ALLOW", "slack:B1", "is no id that counts there"),
        ("ACCESS_DENY", "slack:@ann", "slack:@ann is no id"),
        ("ACCESS_DENY", "*", "* is no id"),
        ("ACCESS_DENY", "discord:ann", "discord:LONG_NUMBER (a person, channel or server)"),
        ("ACCESS_GUESTS", "slack:U1", "Write slack:C0123ABCD (a channel) or slack:T0123ABCD (a workspace)"),
        ("ACCESS_EXTERNAL", "discord:1", "slack:C0123ABCD"),
        ("ACCESS_BOTS", "slack:U1", "slack:B0123ABCD, slack:A0123ABCD or discord:LONG_NUMBER"),
        ("DISCORD_GUILDS", "discord:1", "the server's number alone"),
        ("MCP_HOSTS", "https://mcp.example.com/sse", "Write only mcp.example.com, without https://"),
        ("MCP_HOSTS", "mcp.example.com:8443", "Write only mcp.example.com, without https://, port and path."),
        ("MCP_HOSTS", "*.example.com", "Write it like mcp.example.com"),
        ("SLACK_BOT_TOKEN", "xoxp-1", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "xapp-"),
        ("SLACK_BOT_TOKEN", "hunter2", "xoxb-"),
        ("SLACK_APP_TOKEN", "hunter2", "xapp-"),
        ("SLACK_BOT_TOKEN", "xoxb-…", "SLACK_BOT_TOKEN is still the placeholder"),
        ("SLACK_APP_TOKEN", "xapp-...", "SLACK_APP_TOKEN is still the placeholder"),
        ("DISCORD_BOT_TOKEN", "…", "of your"),
        ("OPENAI_BACKGROUND", "1", "OPENAI_BACKGROUND"),
        ("OPENAI_API_KEY", "sk-…", "still the placeholder"),
        ("OPENAI_API_KEY", "sk-열쇠", "has “열” in it, which no key has. Copy it once more"),
        ("OPENAI_API_KEY", "sk-1 sk-2", "has a blank in it"),
        ("SLACK_BOT_TOKEN", "xoxb-1\x07", "has a control character in it"),
        ("OPENAI_BASE_URL", "https://x.example/v1/responses", "Write only what stands before that"),
        ("OPENAI_BASE_URL", "https://x.example/v1/chat/completions/", "ends in /chat/completions"),
        ("OPENAI_BASE_URL", "https:///v1", "has no host"),
        ("OPENAI_BASE_URL", "http://[::1/v1", "is not a URL"),
        ("DATA_DIR", "~nobody-is-called-so/data", "Write the whole path"),
    ],
)
def test_a_mistake_is_told_with_its_cure(name, text, cure):
    """One sentence each: which setting, and what it may be. A wrong token is not repeated."""
    (problem,) = problems({"OPENAI_FEATURES": "portable", name: text})
    assert name in problem
    assert "hunter2" not in problem
    assert cure in problem


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SLACK_APPTOKEN", ["SLACK_APPTOKEN is not a setting. Did you mean SLACK_APP_TOKEN?"]),
        ("ASSISTANT_MODLE", ["ASSISTANT_MODLE is not a setting. Did you mean ASSISTANT_MODEL?"]),
        ("data_dir", ["data_dir is not a setting. Did you mean DATA_DIR?"]),
        ("SLACK_BOT_TOKN", ["SLACK_BOT_TOKN is not a setting. Did you mean SLACK_BOT_TOKEN?"]),
        ("SLACK_TOKEN", ["SLACK_TOKEN is not a setting. Did you mean SLACK_BOT_TOKEN or SLACK_APP_TOKEN?"]),
        ("DISCORD_TOKEN", ["DISCORD_TOKEN is not a setting. Did you mean DISCORD_BOT_TOKEN?"]),
        ("OPENAI_KEY", ["OPENAI_KEY is not a setting. Did you mean OPENAI_API_KEY?"]),
        ("OPENAI_API_BASE", ["OPENAI_API_BASE is not a setting. Did you mean OPENAI_BASE_URL?"]),
        ("HTTPS_PROXY", []),
        ("ADMINS", []),
        ("SLACK_TOKEN=xoxb-hunter2", ["SLACK_TOKEN is not a setting. Did you mean SLACK_BOT_TOKEN?"]),
        ("SLACK_TOKEN=xapp-hunter2", ["SLACK_TOKEN is not a setting. Did you mean SLACK_APP_TOKEN?"]),
        ("SLACK_OAUTH=xoxb-hunter2", ["SLACK_OAUTH is not a setting. Did you mean SLACK_BOT_TOKEN?"]),
        ("OPENAI_SECRET=sk-hunter2", ["OPENAI_SECRET is not a setting. Did you mean OPENAI_API_KEY?"]),
    ],
)
def test_a_name_that_looks_like_ours_is_asked_about(name, said):
    """Wherever it stands, by its value too, which is not shown; other programs' names are their own."""
    name, _, value = name.partition("=")
    given = {name: value or "x", "SLACK_KEY": ""}
    assert [*said, *said] == [str(one) for how in (False, True) for one in misspelt(given, shared=how)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SLACK_SIGNING_SECRET", "not a setting, and nobody reads it. Remove it"),
        ("DISCORD_WEBHOOK_URL", "not a setting, and nobody reads it. Remove it"),
        ("OPENAI_ORG_ID", "read from the real environment alone. Set it there"),
    ],
)
def test_a_services_name_in_dotenv_is_for_us(name, said):
    """Nobody reads it there; in the environment of all programs it may be another's."""
    (found,) = misspelt({name: "x"})
    assert (f"{name} is {said}" in str(found), found.is_token) == (True, False)
    assert [] == misspelt({name: "x"}, shared=True)


def test_what_the_vendor_reads_is_known():
    """Exactly the names that the installed package looks up by itself, but for ours."""
    sources = Path(openai.__file__).parent.rglob("*.py")
    looked_up = re.compile(r"(?:environ\.get|getenv)\(\s*\"(OPENAI_\w+)\"")
    found = {name for source in sources for name in looked_up.findall(source.read_text("utf-8"))}
    assert found - NAMES.keys() == VENDOR


def test_quotes_that_nobody_removed_are_told():
    """Docker keeps those of its --env-file; what is inside them is looked at too."""
    told = problems({"SLACK_APP_TOKEN": '"xapp-hunter2"', "RUN_SECONDS": "'no'", "ASSISTANT_NAME": '"Bo"'})
    assert 3 == len(told)
    assert "RUN_SECONDS=no is not a number above 0." in told
    assert {"SLACK_APP_TOKEN has quotes", "RUN_SECONDS has quotes"} == {
        problem.partition(" around")[0] for problem in told if "quotes" in problem
    }


@pytest.mark.parametrize(
    ("bot", "app", "said"),
    [
        ("xapp-1", "xoxb-1", ["SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped"]),
        ("xapp-1", "", ["SLACK_BOT_TOKEN must start with xoxb-. Put this one into SLACK_APP_TOKEN, and"]),
        ("", "xoxb-1", ["SLACK_APP_TOKEN must start with xapp-. Put this one into SLACK_BOT_TOKEN, and"]),
        ("x", "y", ["SLACK_BOT_TOKEN must start", "SLACK_APP_TOKEN must start"]),
    ],
)
def test_slacks_tokens_in_each_others_place(bot, app, said):
    """Are told as that."""
    told = problems({"SLACK_BOT_TOKEN": bot, "SLACK_APP_TOKEN": app})
    assert len(said) == len(told)
    assert all(problem.startswith(begin) for problem, begin in zip(told, said, strict=True))


def test_discords_token_has_three_parts():
    """With Discord itself; another server may give others."""
    (told,) = problems(KEY | {"DISCORD_BOT_TOKEN": "1234567890"}, ["discord"])
    assert "neither the application id nor the client secret" in told
    assert "1234567890" not in told
    for more in ({"DISCORD_BOT_TOKEN": "MTA.GaB.c-d"}, {"DISCORD_API_URL": "http://127.0.0.1:9"}):
        assert read(KEY | {"DISCORD_BOT_TOKEN": "d"} | more, to_run=["discord"])


def test_all_mistakes_are_told_at_once():
    """Wrong values, missing tokens, a missing key, and a platform that does not exist."""
    found = problems({"LOG_LEVEL": "loud", "SLACK_BOT_TOKEN": "x", "RUN_SECONDS": "no"}, ["slack", "teams"])
    for word in ("LOG_LEVEL", "SLACK_BOT_TOKEN", "RUN_SECONDS", "SLACK_APP_TOKEN", "OPENAI_API_KEY", "teams"):
        assert 1 == sum(word in problem for problem in found), word


@pytest.mark.parametrize(
    ("environ", "to_run", "missing"),
    [
        (KEY, [], "No platform is configured"),
        (KEY | {"SLACK_BOT_TOKEN": "xoxb-1"}, [], "SLACK_APP_TOKEN is not set"),
        (KEY | {"SLACK_APP_TOKEN": "xapp-1"}, [], "SLACK_BOT_TOKEN is not set"),
        (KEY | SLACK, ["discord"], "DISCORD_BOT_TOKEN is not set"),
        (SLACK, [], "OPENAI_API_KEY is not set"),
    ],
)
def test_what_is_missing_to_run(environ, to_run, missing):
    """One sentence for each thing that is missing; without `to_run` nothing is."""
    (problem,) = problems(environ, to_run)
    assert missing in problem
    read(environ)


HERE = "http://127.0.0.1:8000/v1"
BOTH = SLACK | {"DISCORD_BOT_TOKEN": "d.o.t"}


@pytest.mark.parametrize(
    ("environ", "full", "platforms", "to_run"),
    [
        ({}, True, (), None),
        ({"OPENAI_BASE_URL": "https://api.openai.com/v1"}, True, (), None),
        ({"OPENAI_BASE_URL": "https://api.openai.com.example.org/v1"}, False, (), None),
        ({"OPENAI_BASE_URL": HERE, "OPENAI_FEATURES": "full", "OPENAI_BACKGROUND": "1"}, True, (), None),
        ({"OPENAI_FEATURES": "portable"}, False, (), None),
        ({"SLACK_APP_TOKEN": "xapp-1"}, True, ("slack",), None),
        (KEY | SLACK, True, ("slack",), []),
        (KEY | BOTH, True, ("slack", "discord"), []),
        (KEY | BOTH, True, ("slack", "discord"), ["discord"]),
        (KEY | {"DISCORD_BOT_TOKEN": "d.o.t"}, True, ("discord",), ["discord"]),
        ({"OPENAI_BASE_URL": HERE, "DISCORD_BOT_TOKEN": "d.o.t"}, False, ("discord",), []),
    ],
)
def test_what_is_enough(environ, full, platforms, to_run):
    """The tokens of what is to run, and a key or a server that needs none. Others than OpenAI's are asked for
    the portable contract, unless told otherwise; one of Slack's two tokens is meant as Slack, too.
    """
    found = read(environ, to_run=to_run)
    assert (full, platforms) == (found.full_features, found.platforms)
    assert found.openai_background is ("OPENAI_BACKGROUND" in environ)


def test_secrets_do_not_show():
    """Neither in a traceback nor in a log; and the log is told what to look for."""
    settings = read(KEY | SLACK | {"DISCORD_BOT_TOKEN": "d-1"})
    assert {"sk-1", "xoxb-1", "xapp-1", "d-1"} == set(settings.secrets())
    assert not [secret for secret in settings.secrets() if secret in repr(settings)]
    assert () == Settings().secrets()


def test_the_assistant_is_told_its_name_unless_told_more():
    """ASSISTANT_INSTRUCTIONS replaces our own words altogether."""
    assert "Ada" in read({"ASSISTANT_NAME": "Ada"}).instructions
    assert "Be curt." == read({"ASSISTANT_NAME": "Ada", "ASSISTANT_INSTRUCTIONS": "Be curt."}).instructions
