"""Every metric of /metrics: of this list the page of Grafana is made, and docs/operate.md has each."""

from __future__ import annotations

from typing import Final, NamedTuple


class Metric(NamedTuple):
    """`name` as a query has it. No person, place or assistant is ever a label."""

    name: str
    type: str
    help: str
    labels: tuple[str, ...] = ()


_PLATFORM: Final = ("platform",)
METRICS: Final = tuple(
    Metric(f"spool_{name}", *more)
    for name, *more in (
        ("messages_total", "counter", "Messages whose answer has ended", ("platform", "kind", "outcome")),
        ("duplicates_total", "counter", "Deliveries of a message that was known already", _PLATFORM),
        ("lost_messages", "gauge", "Messages that were accepted and of which nothing visible came"),
        ("double_answers", "gauge", "Answers with more posts than their journals name"),
        ("runs_total", "counter", "Answers that have ended", ("outcome",)),
        ("runs_resumed_total", "counter", "Answers that ended in another process than they began in"),
        ("first_word_seconds", "histogram", "From the message to the first word", _PLATFORM),
        ("added_seconds", "histogram", "The same without the time of the model", _PLATFORM),
        ("answer_seconds", "histogram", "From the message to the whole answer", _PLATFORM),
        ("queue_depth", "gauge", "Answers that have not begun"),
        ("oldest_queued_seconds", "gauge", "How long the oldest of them has waited"),
        ("posts_total", "counter", "Requests about posts, since the start", ("platform", "op", "code")),
        ("tokens_total", "counter", "Tokens, as the model server told them", ("model", "type")),
        ("cost_usd_total", "counter", "What they cost, in US dollars", ("model",)),
        ("unpriced_requests_total", "counter", "Requests without a price on any list", ("model",)),
        ("budget_refusals_total", "counter", "Answers that a budget refused; there are none yet", ("scope",)),
        ("approvals_total", "counter", "Questions to people about a call, once decided", ("state",)),
        ("platform_connected", "gauge", "1 while the chat network is connected", _PLATFORM),
        ("commit_seconds", "histogram", "Transactions until they were on disk, since the start"),
        ("wal_bytes", "gauge", "Size of the database's log"),
        ("loop_lag_seconds", "histogram", "How late the event loop was, asked once a second since the start"),
        ("build_info", "gauge", "1, with the version that runs", ("version",)),
    )
)
