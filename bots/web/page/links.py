"""Where a post stands, as an address that a browser opens."""

from __future__ import annotations


def link(platform: str | None, workspace: str | None, channel: str, post: str) -> str | None:
    """None where posts have none."""
    if platform == "slack":
        return f"https://slack.com/archives/{channel}/p{post.replace('.', '')}"
    if platform == "discord":
        return f"https://discord.com/channels/{workspace or '@me'}/{channel}/{post}"
    return None
