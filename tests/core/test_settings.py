"""core.settings: all mistakes at once, each with its cure; and `.env.example` is their documentation."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import openai
import pytest
from dotenv import dotenv_values

from core.errors import ConfigError
from core.misspelt import VENDOR, misspelt
from core.settings import NAMES, Settings, read

EXAMPLE = Path(__file__).parents[2] / ".env.example"
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


def test_every_setting_is_documented_and_nothing_else():
    """`.env.example` has exactly the settings there are."""
    assert set(NAMES) == set(documented())


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_documented_value_is_the_default(name):
    """Removing the # of a line, or copying the file, changes nothing."""
    value, _ = documented()[name]
    field = NAMES[name]
    default = getattr(Settings(), field)

    assert default == getattr(read({name: value}), field)
    assert bool(value) is bool(default) or isinstance(default, bool)


def test_only_what_is_needed_is_not_a_comment():
    """Key and tokens are to be filled in; they come first, and they are empty."""
    needed = {name: value for name, (value, comment) in documented().items() if not comment}

    secrets = {item.name.upper(): "" for item in fields(Settings) if not item.repr}
    assert secrets == needed
    assert set(list(documented())[: len(needed)]) == set(needed)


def test_every_setting_is_explained():
    """Above each stands at least a line of meaning; settings may share it."""
    blocks = EXAMPLE.read_text("utf-8").split("\n\n")
    settings = [block for block in blocks if re.search(r"^#?[A-Z_]+=", block, re.MULTILINE)]
    assert settings
    assert not [block for block in settings if not re.match(r"# \w.{10,}", block)]


def test_the_copied_example_means_the_defaults():
    """`cp .env.example .env` alone configures nothing."""
    values = {name: value or "" for name, value in dotenv_values(EXAMPLE).items()}

    assert Settings() == read(values)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("OPENAI_API_KEY", " sk-1 ", "sk-1"),
        ("OPENAI_FEATURES", "FULL", "full"),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("THREAD_SCOPE", "topic", "topic"),
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
    ],
)
def test_values_are_read_kindly(name, text, value):
    """Whatever the case, with blanks around them."""
    assert value == getattr(read({name: text}), NAMES[name])


@pytest.mark.parametrize("name", sorted(NAMES))
def test_empty_means_not_set(name):
    """As a line of `.env` that was never filled in."""
    assert Settings() == read({name: "  "})


@pytest.mark.parametrize(
    ("name", "text", "cure"),
    [
        ("OPENAI_FEATURES", "some", "auto, full, portable"),
        ("LANGUAGE", "fr", "en, ko"),
        ("FOLLOW_THREADS", "maybe", "1 or 0"),
        ("HISTORY_TOKENS", "0", "above 0"),
        ("HISTORY_TOKENS", "-5", "above 0"),
        ("HISTORY_TOKENS", "1.5", "above 0"),
        ("HISTORY_TOKENS", "٣", "above 0"),
        ("OPENAI_BASE_URL", "localhost:8000", "https://"),
        ("ADMINS", "U0123ABC, @me", "ADMINS: @me is no user id. Slack's are like U0123ABCD"),
        ("ADMINS", "u0123abc", "Copy member ID"),
        ("MCP_HOSTS", "https://mcp.example.com/sse", "Write only mcp.example.com, without https://"),
        ("MCP_HOSTS", "mcp.example.com:8443", "Write only mcp.example.com, without https://, port and path."),
        ("MCP_HOSTS", "*.example.com", "Write it like mcp.example.com"),
        ("SLACK_BOT_TOKEN", "xoxp-1", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "xapp-"),
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
    """One sentence each: which setting, and what it may be."""
    (problem,) = problems({name: text})

    assert name in problem
    assert cure in problem


def test_ids_and_hosts_are_lists():
    """With commas or blanks; of both platforms."""
    found = read({"ADMINS": "U0123ABC,W1 112233445566778899", "MCP_HOSTS": "mcp.example.com, 10.0.0.7"})

    assert ("U0123ABC", "W1", "112233445566778899") == found.admins
    assert ("mcp.example.com", "10.0.0.7") == found.mcp_hosts


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
    ],
)
def test_a_name_that_looks_like_ours_is_asked_about(name, said):
    """Wherever it stands; other programs' names are none of our business, and nothing empty is told."""
    assert [*said, *said] == [
        str(one) for shared in (False, True) for one in misspelt({name: "x", "SLACK_KEY": ""}, shared=shared)
    ]


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("SLACK_TOKEN", "xoxb-hunter2", "SLACK_BOT_TOKEN"),
        ("SLACK_TOKEN", "xapp-hunter2", "SLACK_APP_TOKEN"),
        ("SLACK_OAUTH", "xoxb-hunter2", "SLACK_BOT_TOKEN"),
        ("OPENAI_SECRET", "sk-hunter2", "OPENAI_API_KEY"),
    ],
)
def test_a_value_tells_what_its_name_should_be(name, value, meant):
    """By the way it begins, and it is not shown."""
    assert [f"{name} is not a setting. Did you mean {meant}?"] == list(map(str, misspelt({name: value})))


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


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
def test_a_wrong_token_is_not_repeated(name):
    """It may be a right one of something else."""
    assert "hunter2" not in " ".join(problems({name: "hunter2"}))


@pytest.mark.parametrize(
    ("name", "token"),
    [("SLACK_BOT_TOKEN", "xoxb-…"), ("SLACK_APP_TOKEN", "xapp-..."), ("DISCORD_BOT_TOKEN", "…")],
)
def test_a_placeholder_is_no_token(name, token):
    """One sentence, that says where the real one is."""
    (told,) = problems({name: token})

    assert told.startswith(f"{name} is still the placeholder")
    assert "of your" in told


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
    ("environ", "to_run"),
    [
        (KEY | SLACK, []),
        (KEY | SLACK | {"DISCORD_BOT_TOKEN": "d.o.t"}, []),
        (KEY | SLACK | {"DISCORD_BOT_TOKEN": "d.o.t"}, ["discord"]),
        (KEY | {"DISCORD_BOT_TOKEN": "d.o.t"}, ["discord"]),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "DISCORD_BOT_TOKEN": "d.o.t"}, []),
    ],
)
def test_what_is_enough_to_run(environ, to_run):
    """The tokens of what is to run, and a key or a server that needs none."""
    read(environ, to_run=to_run)


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


@pytest.mark.parametrize(
    ("environ", "full"),
    [
        ({}, True),
        ({"OPENAI_BASE_URL": "https://api.openai.com/v1"}, True),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"}, False),
        ({"OPENAI_BASE_URL": "https://api.openai.com.example.org/v1"}, False),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1", "OPENAI_FEATURES": "full"}, True),
        ({"OPENAI_FEATURES": "portable"}, False),
    ],
)
def test_auto_is_full_for_openai_only(environ, full):
    """Any other server is asked for the portable contract, unless told otherwise."""
    assert full is read(environ).full_features


def test_background_needs_a_server_that_has_it():
    """A portable one has not."""
    environ = {"OPENAI_BACKGROUND": "1", "OPENAI_FEATURES": "portable"}

    assert "OPENAI_BACKGROUND" in problems(environ)[0]
    assert read(environ | {"OPENAI_FEATURES": "full"}).openai_background


@pytest.mark.parametrize(
    ("environ", "platforms"),
    [
        ({}, ()),
        (SLACK, ("slack",)),
        ({"SLACK_APP_TOKEN": "xapp-1"}, ("slack",)),
        ({"DISCORD_BOT_TOKEN": "d"}, ("discord",)),
        (SLACK | {"DISCORD_BOT_TOKEN": "d"}, ("slack", "discord")),
    ],
)
def test_platforms_are_those_with_tokens(environ, platforms):
    """One of Slack's two tokens is meant as Slack, too: the other is then asked for."""
    assert platforms == read(environ).platforms


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
