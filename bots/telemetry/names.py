"""Every metric of /metrics: of this list the page of Grafana is made, and docs/operate.md has each."""

from __future__ import annotations

from typing import Final, NamedTuple


class Metric(NamedTuple):
    """`name` as a query has it. `help` up to its colon is a title. No person or place is ever a label."""

    name: str
    type: str
    help: str
    labels: tuple[str, ...] = ()


_PLATFORM: Final = ("platform",)
METRICS: Final = tuple(
    Metric(f"spool_{name}", *more)
    for name, *more in (
        ("messages_total", "counter", "Messages whose run has ended", ("platform", "kind", "outcome")),
        ("duplicates_total", "counter", "Repeated deliveries of known messages", _PLATFORM),
        ("lost_messages", "gauge", "Lost messages: accepted, and nothing visible came of them"),
        ("double_answers", "gauge", "Doubled answers: with more posts than their journals name"),
        ("runs_total", "counter", "Runs that have ended", ("outcome",)),
        ("runs_resumed_total", "counter", "Resumed runs: ended in another process than they began in"),
        ("first_word_seconds", "histogram", "First word: time from the message", _PLATFORM),
        ("added_seconds", "histogram", "First word less the time of the model", _PLATFORM),
        ("answer_seconds", "histogram", "Whole answer: time from the message", _PLATFORM),
        ("queue_depth", "gauge", "Waiting runs: they have not begun"),
        ("oldest_queued_seconds", "gauge", "Longest wait: of the oldest run that has not begun"),
        ("posts_total", "counter", "Requests about posts: since the start", ("platform", "op", "code")),
        ("tokens_total", "counter", "Tokens: as the model server told them", ("model", "type")),
        ("cost_usd_total", "counter", "Cost: in US dollars", ("model",)),
        ("unpriced_requests_total", "counter", "Unpriced requests: on no list", ("model",)),
        ("budget_refusals_total", "counter", "Budget refusals: limits on money", ("scope",)),
        ("approvals_total", "counter", "Decisions of people: whether a call is made", ("state",)),
        ("platform_connected", "gauge", "Chat networks: 1 while one is connected", _PLATFORM),
        ("commit_seconds", "histogram", "Commits: transactions until they were on disk, since the start"),
        ("wal_bytes", "gauge", "Database log: its size"),
        ("loop_lag_seconds", "histogram", "Event loop lag: asked once a second since the start"),
        ("build_info", "gauge", "Version: 1, with the one that runs", ("version",)),
    )
)
