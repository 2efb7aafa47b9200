"""A file of the workspace: what a person attaches, what the app uploads, and how Slack describes both.

Source: docs.slack.dev/reference/objects/file-object; the announced type of audio clips is a measured fact.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import quote

from standins.local import guessed
from standins.slack.timing import micros
from standins.slack.wire import Json

Mode = Literal["hosted", "snippet", "external", "file_access", "tombstone", "hidden_by_limit"]


@dataclass(frozen=True, slots=True)
class Upload:
    """What a person attaches to a message. type: the announced MIME type, by default guessed from the name (a
    voice clip: `video/mp4`). mode: `file_access` is a file of another organisation, told as a stub until
    `files.info` is asked; `external` one that is not Slack's: its bytes are at `url`. size: the announced
    bytes, where they lie.
    """

    name: str
    content: bytes = field(default=b"", repr=False)
    type: str = ""
    voice: bool = False
    mode: Mode = "hosted"
    url: str = ""
    size: int | None = None

    @property
    def mimetype(self) -> str:
        return self.type or ("video/mp4" if self.voice else guessed(self.name))


@dataclass(eq=False, slots=True)
class File:
    """Mutable: it is processed, shared and deleted. `home` is the host that serves its bytes. app: uploaded
    by the app. shares: for `public` and `private`, channel → where it stands there.
    """

    name: str
    user: str
    team: str
    home: str
    created: int
    content: bytes = field(default=b"", repr=False)
    type: str = ""
    title: str = ""
    mode: Mode = "hosted"
    voice: bool = False
    url: str = ""
    size: int = 0
    alt_txt: str = ""
    app: bool = False
    deleted: bool = False
    shares: dict[str, dict[str, list[Json]]] = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"F0{uuid.uuid4().hex[:9].upper()}")

    @classmethod
    def of(cls, upload: Upload, user: str, team: str, home: str, created: int) -> File:
        size = len(upload.content) if upload.size is None else upload.size
        rest: Json = {"mode": upload.mode, "voice": upload.voice, "url": upload.url, "size": size}
        return cls(
            upload.name, user, team, home, created, upload.content, upload.mimetype, upload.name, **rest
        )

    @property
    def filetype(self) -> str:
        suffix = PurePosixPath(self.name).suffix.lower().removeprefix(".")
        return suffix or ("text" if self.mode == "snippet" else "binary")

    def shared(self, kind: str, channel: str, ts: str, thread_ts: str | None) -> None:
        """It stands in a message now. kind: that of the channel."""
        place: Json = {"ts": ts, "channel_name": channel.lower(), "team_id": self.team, "reply_count": 0}
        if thread_ts is not None:
            place["thread_ts"] = thread_ts
        openness = "public" if kind == "channel" else "private"
        self.shares.setdefault(openness, {}).setdefault(channel, []).append(place)

    def shown(self) -> Json:
        """As messages carry it: a stub where Slack wants to be asked or has nothing to give."""
        mode = "tombstone" if self.deleted else self.mode
        if mode == "file_access":
            return {"id": self.id, "mode": mode, "file_access": "check_file_info"}
        if mode in ("tombstone", "hidden_by_limit"):
            return {"id": self.id, "mode": mode}
        return self.described()

    def info(self) -> Json:
        """As `files.info` gives it, with the places it stands in."""
        return {**self.described(), "shares": self.shares, **self._places()}

    def described(self) -> Json:
        place = f"{self.home}/files-pri/{self.team}-{self.id}"
        external = self.mode == "external"
        url, download = f"{place}/{quote(self.name)}", f"{place}/download/{quote(self.name)}"
        permalink = f"https://standin.slack.com/files/{self.user}/{self.id}/{self.name}"
        mode = "hosted" if self.mode == "file_access" else self.mode
        kind = self.filetype if self.type else ""
        described: Json = {
            **{"id": self.id, "created": self.created, "timestamp": self.created, "name": self.name},
            **{"title": self.title, "mimetype": self.type, "filetype": kind, "pretty_type": kind.upper()},
            **{"user": self.user, "user_team": self.team, "username": "", "display_as_bot": False},
            **{"size": self.size, "mode": mode, "editable": self.mode == "snippet", "permalink": permalink},
            **{"is_external": external, "external_type": "gdrive" if external else ""},
            **{"is_public": "public" in self.shares, "public_url_shared": False},
            **{"has_rich_preview": False, "file_access": "visible"},
            "url_private": self.url if external else url,
            "url_private_download": self.url if external else download,
        }
        if self.voice:
            described |= {"subtype": "slack_audio", "media_display_type": "audio", "duration_ms": 1000}
        return described | ({"alt_txt": self.alt_txt} if self.alt_txt else {})

    def _places(self) -> Json:
        everywhere = [channel for shares in self.shares.values() for channel in shares]
        kinds = {"channels": "C", "groups": "G", "ims": "D"}
        return {name: [c for c in everywhere if c[:1] == letter] for name, letter in kinds.items()}


def seconds(ts: str) -> int:
    """The whole second of a timestamp, as files carry it."""
    return micros(ts) // 1_000_000
