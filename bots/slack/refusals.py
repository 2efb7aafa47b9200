"""What Slack has refused to do with streams; known for as long as the process lives.

Error names: https://docs.slack.dev/reference/methods/chat.startStream
"""

from __future__ import annotations

from dataclasses import dataclass, field

NOT_HERE = {
    "missing_recipient_team_id",
    "missing_recipient_user_id",
    "user_not_found",
    "team_not_found",
    "channel_type_not_supported",
    "method_not_supported_for_channel_type",
    "enterprise_is_restricted",
    "missing_scope",
}
NOWHERE = {"unknown_method", "feature_not_enabled", "method_deprecated"}


@dataclass
class Refusals:
    """Where there are no streams, and whether streams take no chunks, so that they can show no tasks."""

    everywhere: bool = False
    channels: set[str] = field(default_factory=set)
    chunks: bool = False

    def learn(self, error: str, channel: str) -> None:
        """Remember a refusal if it will be repeated."""
        if error in NOWHERE:
            self.everywhere = True
        elif error in NOT_HERE:
            self.channels.add(channel)

    def apply(self, channel: str) -> bool:
        """True when it is of no use to ask for a stream there again."""
        return self.everywhere or channel in self.channels
