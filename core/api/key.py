"""A key: who a client of the API is, and what it may see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is in force. The secret itself is never here."""

    id: str
    """`key_…`"""
    name: str
    project: str
    admin: bool = False
    """May change assistants that the operator or a chat made."""
    read_chats: bool = False
    """Sees threads of chats; writing into them stays refused."""
    console: bool = False
    """Opens the web page."""
    page: bool = False
    """Somebody who is logged in there: the rights are those of the key, or of the link."""

    @property
    def person(self) -> str:
        """Who that is in the ledger and in messages. Who came by a link has a name with a colon."""
        return self.name if ":" in self.name else f"key:{self.name}"
