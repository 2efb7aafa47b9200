"""Who is answered: one question, asked of everything that anybody does, before anything comes of it.

All ids are the networks' own, written with the network: slack:U…, discord:…. Names decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from core.settings import Settings
from core.texts import text
from core.types import IncomingMessage, Standing

Kind = Literal[
    "mention",
    "direct",
    "follow_up",
    "command",
    "shortcut",
    "button",
    "form",
    "autocomplete",
    "file",
    "edit",
    "deletion",
]
DAY: Final = 86_400.0
SOON: Final = 60.0
_WITHOUT_NOTICE: Final = frozenset({"autocomplete", "file", "edit", "deletion"})
"""What nobody waits for an answer to."""
_MESSAGES: Final = frozenset({"mention", "direct", "follow_up"})
"""What Discord's servers have no answer to that only its writer sees."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does. Whatever the network does not tell is empty."""

    kind: Kind
    platform: str
    person: str
    channel: str
    parent: str = ""
    """The channel that a Discord thread belongs to."""
    workspace: str = ""
    """The Slack workspace or Discord server where it happens; "" in a direct message of Discord."""
    team: str = ""
    """The Slack workspace (or enterprise) of the person."""
    by: Literal["person", "app", "workflow"] = "person"
    apps: tuple[str, ...] = ()
    """Ids of the bot, app or webhook that posts."""
    direct: bool = False
    standing: Standing | None = None
    """None: not known yet."""

    def ids(self, *which: str) -> frozenset[str]:
        """Those of these that are told, as settings have them."""
        return frozenset(f"{self.platform}:{one}" for one in which if one)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is done, by which rule, and the setting that says so."""

    allowed: bool | None
    """None: the person's standing has to be asked for first."""
    rule: str
    source: str = "default"
    silent: bool = False
    """Of a refusal nobody is told."""

    def notice(self, locale: str, language: str) -> str:
        """What whoever is refused is told; also where their standing is not known."""
        return text("access_unknown" if self.allowed is None else "access_refused", locale, language)

    @property
    def window(self) -> float:
        """Seconds in which that is said once."""
        return SOON if self.allowed is None else DAY


@dataclass(frozen=True, slots=True)
class Access:
    """The rules in force."""

    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()
    external: frozenset[str] = frozenset()
    bots: frozenset[str] = frozenset()
    guilds: frozenset[str] = frozenset()
    """With the network; empty: every server it is in."""
    admins: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> Access:
        """What an operator has set."""
        return cls(
            frozenset(settings.access_allow),
            frozenset(settings.access_deny),
            frozenset(settings.access_guests),
            frozenset(settings.access_external),
            frozenset(settings.access_bots),
            frozenset(f"discord:{id}" for id in settings.discord_guilds),
            frozenset(map(with_network, settings.admins)),
        )

    def admin(self, platform: str, person: str) -> bool:
        """Whether that person is one of ADMINS."""
        return f"{platform}:{person}" in self.admins

    def authorize(self, act: Act) -> Verdict:
        """Whether that may be done. What is denied stays so, whatever else allows it."""
        place = act.ids(act.channel, act.parent, act.workspace)
        if self._strange(act):
            return Verdict(False, "server", "DISCORD_GUILDS", silent=True)
        unseen = act.platform == "discord" and act.workspace and act.kind in _MESSAGES
        quiet = bool(unseen) or act.by != "person" or act.kind in _WITHOUT_NOTICE
        if self.deny & (place | act.ids(act.person, act.team, *act.apps)):
            return Verdict(False, "deny", "ACCESS_DENY", silent=quiet)
        if act.by != "person" or (act.standing and act.standing.app):
            known = bool(self.bots & act.ids(act.person, *act.apps))
            return Verdict(known, "bots", "ACCESS_BOTS" if known else "default", silent=not known)
        # In a workspace of ours others write, too: it is the person's own that counts.
        wide = place - act.ids(act.workspace) if act.platform == "slack" else place
        if self.allow & (wide | act.ids(act.person, act.team)):
            return Verdict(True, "allow", "ACCESS_ALLOW")
        return self._of_slack(act, quiet) if act.platform == "slack" else self._of_discord(act, quiet)

    def _strange(self, act: Act) -> bool:
        """Whether it happens in a server that is not one of ours."""
        server = f"discord:{act.workspace}"
        elsewhere = act.platform == "discord" and act.workspace and self.guilds
        return bool(elsewhere and server not in self.guilds | self.allow)

    def _of_slack(self, act: Act, quiet: bool) -> Verdict:
        standing, here = act.standing, act.ids(act.channel, act.workspace, act.team)
        if standing is None:
            return Verdict(None, "workspace", silent=quiet)
        if standing.external:
            return _where(self.external & here, "external", "ACCESS_EXTERNAL", quiet)
        if not standing.member:
            return Verdict(False, "workspace", silent=quiet)
        if standing.guest:
            return _where(self.guests & here, "guests", "ACCESS_GUESTS", quiet)
        return Verdict(True, "workspace")

    def _of_discord(self, act: Act, quiet: bool) -> Verdict:
        source = "DISCORD_GUILDS" if self.guilds else "default"
        if act.workspace:
            return Verdict(True, "server", source)
        if not self.guilds:
            return Verdict(True, "direct")
        member = act.standing.member if act.standing else None
        return Verdict(member, "server", source, silent=quiet)


def _where(named: Iterable[str], rule: str, setting: str, quiet: bool) -> Verdict:
    return Verdict(True, rule, setting) if named else Verdict(False, rule, silent=quiet)


def with_network(person: str) -> str:
    """A bare id with its network: those of Discord are numbers, those of Slack begin with a letter."""
    if ":" in person:
        return person
    return f"discord:{person}" if person.isdecimal() else f"slack:{person}"


def asked(message: IncomingMessage, standing: Standing | None = None) -> Act:
    """That a message was written to us, by a person who was not refused before."""
    where = message.address
    kind: Kind = "direct" if where.direct else "follow_up" if message.followed else "mention"
    return Act(
        kind,
        where.platform,
        message.user,
        where.channel,
        parent=message.parent,
        workspace=where.workspace,
        team=message.team,
        direct=where.direct,
        standing=standing,
    )
