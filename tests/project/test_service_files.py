"""The files that run Spool as a service say what docs/operate.md promises."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import subprocess
import sys
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
SECONDS_TO_END = 10


@cache
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile: (instruction, its value), lines put together, comments left out."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    parted = (line.split(maxsplit=1) for line in lines if line.strip())
    return [(word.upper(), " ".join(value.split())) for word, value in parted]


def values(instruction: str) -> list[str]:
    """What that instruction says in the last stage, which is the image."""
    start = max(number for number, (word, _) in enumerate(instructions()) if word == "FROM")
    return [value for word, value in instructions()[start:] if word == instruction]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for value in values("ENV") for pair in shlex.split(value))


@cache
def service() -> dict[str, Any]:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    ((_, found),) = compose["services"].items()
    assert {source.split(":")[0] for source in found["volumes"]} == set(compose["volumes"])
    return dict(found)


@cache
def unit() -> configparser.ConfigParser:
    """The systemd unit; a key that stands twice is an error here."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((ROOT / "docs/spool.service").read_text("utf-8"))
    return parser


def sent_to_docker(path: str) -> bool:
    """Whether .dockerignore lets a file in: the last pattern that fits it or a folder above it decides."""
    parts = path.split("/")
    above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    sent = True
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.removeprefix("!")
        if pattern and not pattern.startswith("#"):
            deep = pattern.startswith("**/")
            names = parts if deep else [one for one in above if one.count("/") == pattern.count("/")]
            if any(fnmatchcase(name, pattern.removeprefix("**/")) for name in names):
                sent = line.startswith("!")
    return sent


def test_the_image_installs_what_is_locked_and_then_the_product():
    installing = [value for word, value in instructions() if word == "RUN" and "pip install" in value]

    backend, locked, product = (shlex.split(value) for value in installing)
    assert {"--require-hashes", "--only-binary", "build.lock"} <= set(backend)
    assert {"--require-hashes", "--only-binary", "requirements.lock"} <= set(locked)
    assert {"--no-deps", "--no-index", "/wheel/*.whl"} <= set(product)


def needed(name: str) -> set[str]:
    wanted = (Requirement(text) for text in requires(name) or ())
    return {name}.union(*(needed(one.name) for one in wanted if not one.marker or one.marker.evaluate()))


def test_the_image_builds_the_product_with_a_locked_backend(tmp_path):
    (taking,) = (value for word, value in instructions() if word == "RUN" and value.startswith("sed "))
    (tmp_path / "requirements-dev.lock").write_bytes((ROOT / "requirements-dev.lock").read_bytes())

    subprocess.run(taking, shell=True, cwd=tmp_path, check=True)

    taken = (tmp_path / "build.lock").read_text("utf-8")
    entries = re.findall(r"^(\S+)==\S+ \\\n(?:    --hash=sha256:\w{64}(?: \\)?\n)+", taken, re.MULTILINE)
    assert needed("hatchling") == set(entries)
    assert len(entries) == len(re.findall(r"^\S", taken, re.MULTILINE))
    assert ("RUN", "python -m hatchling build -t wheel -d /wheel") in instructions()


def test_the_image_is_of_a_python_that_is_supported():
    images = {value.split()[0] for word, value in instructions() if word == "FROM"}

    (image,) = images
    found = re.fullmatch(r"python:3\.(\d+)-slim", image)
    assert found
    assert int(found[1]) >= 11


def test_the_container_is_no_root_and_writes_only_its_data():
    (user,), (volumes,) = values("USER"), map(json.loads, values("VOLUME"))
    assert all(1000 < int(number) for number in user.split(":"))
    assert ["/data"] == volumes
    assert "/data" == environment()["DATA_DIR"]
    assert environment()["PYTHONDONTWRITEBYTECODE"]
    (making,) = values("RUN")
    assert f"--uid {user.split(':')[0]} " in making
    assert "install -d -m 0700 -o spool -g spool /data" in making


def test_the_container_gets_the_signal_itself():
    """No shell in between: exec form."""
    assert ["SIGTERM"] == values("STOPSIGNAL")
    assert [["spool"], ["run"]] == [
        json.loads(value) for name in ("ENTRYPOINT", "CMD") for value in values(name)
    ]


@pytest.mark.parametrize(
    "path", [".env", ".env.bak", "data/spool.sqlite3", ".git/config", ".venv/bin/python", "tests/wire.py",
             "core/__pycache__/types.pyc"],
)  # fmt: skip
def test_no_secret_gets_into_the_image(path):
    assert not sent_to_docker(path)


def test_the_whole_product_gets_into_the_image():
    command = ["git", "ls-files", "bots", "core", "standins"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    files = listed.stdout.split() or ["core/settings/__init__.py"]

    copied = [value.split()[0] for word, value in instructions() if word == "COPY" and "=" not in value]
    wanted = [*files, *copied, ".env.example", "pyproject.toml", "README.md", "LICENSE"]
    assert [] == [path for path in wanted if path != "." and not sent_to_docker(path)]


def test_what_docker_is_sent_exists():
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()

    assert [] == [line for line in lines if line.startswith("!") and not (ROOT / line[1:]).exists()]


def test_compose_gives_no_more_than_is_needed():
    assert service()["read_only"] is True
    assert ["/tmp"] == service()["tmpfs"]
    assert ["ALL"] == service()["cap_drop"]
    assert ["no-new-privileges:true"] == service()["security_opt"]
    assert not {"privileged", "user", "ports", "network_mode", "cap_add"} & set(service())


def test_compose_keeps_the_data_and_reads_the_settings():
    (volume,) = service()["volumes"]
    assert f"data:{environment()['DATA_DIR']}" == volume
    assert environment()["DATA_DIR"] == service()["environment"]["DATA_DIR"]
    assert ".env" == service()["env_file"]


def test_compose_waits_and_does_not_restart_for_ever():
    """Wrong settings end it with status 2, which Docker takes for a crash: there is a limit."""
    assert SECONDS_TO_END <= int(service()["stop_grace_period"].removesuffix("s"))
    assert re.fullmatch(r"on-failure:[1-9]\d?", service()["restart"])


def test_the_unit_restarts_after_a_crash_and_not_after_a_mistake():
    said = unit()["Service"]
    assert ("on-failure", "2") == (said["Restart"], said["RestartPreventExitStatus"])
    assert "SIGTERM" == said["KillSignal"]
    assert SECONDS_TO_END <= int(said["TimeoutStopSec"])


def test_the_unit_is_confined():
    said = unit()["Service"]
    assert said["User"] not in ("", "root")
    assert ("0700", "0077") == (said["StateDirectoryMode"], said["UMask"])
    assert f"DATA_DIR=/var/lib/{said['StateDirectory']}" in said["Environment"].split()
    assert "strict" == said["ProtectSystem"]
    assert "" == said["CapabilityBoundingSet"]
    assert {"yes"} == {
        said[key] for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices")
    }
    assert not said["EnvironmentFile"].startswith("-")


def test_the_unit_starts_what_is_there():
    said = unit()["Service"]
    command, *arguments = said["ExecStart"].split()

    assert ["run"] == arguments
    assert os.access(ROOT / Path(command).relative_to(said["WorkingDirectory"]), os.X_OK)


def test_heroku_can_build_it():
    """It takes requirements.txt; a .python-version would take pyenv's Pythons away from the checkout."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert ["-r requirements.lock"] == [line for line in lines if not line.startswith("#")]
    assert (ROOT / "requirements.lock").exists()
    others = ("Pipfile", "Pipfile.lock", "poetry.lock", "runtime.txt", ".python-version")
    assert [] == [name for name in others if (ROOT / name).exists()]


def test_the_documented_commands_exist():
    text = (ROOT / "docs/operate.md").read_text("utf-8")
    command = [sys.executable, "-m", "bots", "--help"]
    known = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout

    words = set(re.findall(r"(?:^|`|spool )spool ([a-z]+)", text, re.MULTILINE))
    assert {"backup", "restore"} <= words
    assert [] == [word for word in words if not re.search(rf"^    {word}\b", known, re.MULTILINE)]


def test_the_manifests_are_yaml_and_allow_the_same():
    """What is different is words for people: commands, events, scopes and settings are not."""
    english, korean = (
        yaml.safe_load((ROOT / f"bots/slack/manifest{language}.yaml").read_text("utf-8"))
        for language in ("", ".ko")
    )

    assert english["settings"]["socket_mode_enabled"] is True
    assert english != korean
    for manifest in (english, korean):
        features = manifest["features"]
        del manifest["display_information"], features["agent_view"]
        for one in features["slash_commands"] + features["shortcuts"]:
            assert one.pop("description")
            one.pop("usage_hint", None), one.pop("name", None)
    assert english == korean
