"""The numbers the stand-in enforces, all of them Discord's unless said otherwise. Tests shorten them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits and time limits; durations are seconds."""

    burst: int = 5
    """Requests a bucket grants per window (POST and PATCH of messages, DELETE, typing)."""
    window: float = 5.0
    global_per_second: int = 50
    nonce_window: float = 300.0
    """How long a nonce stays unique ("the past few minutes")."""
    session_lifetime: float = 120.0
    """How long a session without a connection can be resumed."""
    replay_limit: int = 5000
    """Events a session keeps for RESUME; a client further behind must IDENTIFY."""
    heartbeat_interval: float = 41.25
    identify_limit: int = 1000
    """IDENTIFYs per day; one more resets the token, as Discord does."""
    message_content: bool = False
    """Whether the privileged message content intent is switched on for the application."""
    sends_per_minute: int = 120
    """Frames a client may send on one connection within 60 s before close 4008."""
    attachment_lifetime: float = 86_400.0
    """How long the address of an attachment is good."""
    interaction_deadline: float = 3.0
    interaction_lifetime: float = 900.0
    command_creates: int = 200
    """New application commands per day."""
    old_message_age: float = 3600.0
    old_message_edits: int = 30
    """Edits a message older than `old_message_age` takes before 30046. The true number is not published."""
