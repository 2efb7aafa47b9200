"""Envelopes on their way: sent, acknowledged, sent again, or lost.

An event attempt that is not acknowledged in time has failed for good, whatever comes later: it is sent
again under a new envelope id with the same event_id. Commands and interactions get one attempt.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from standins.slack.timing import Timing
from standins.slack.wire import Json


class Line(Protocol):
    """Where an envelope can be put; a socket."""

    def send(self, message: Json) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a command or interaction. error: '', operation_timeout or dispatch_failed."""

    after: float
    payload: Json | str | None = None
    error: str = ""


@dataclass(eq=False, slots=True)
class Delivery:
    """One event or question until it is acknowledged or given up."""

    kind: str
    payload: Json
    attempt: int = 0
    reason: str = ""
    envelope_id: str = ""
    sent: float = 0.0
    timer: asyncio.TimerHandle | None = None
    heard: Callable[[Answer], None] | None = None

    def envelope(self) -> Json:
        envelope: Json = {
            "envelope_id": self.envelope_id,
            "type": self.kind,
            "accepts_response_payload": self.kind == "slash_commands" or _is_form(self.payload),
            "payload": self.payload,
        }
        if self.kind == "events_api":
            envelope |= {"retry_attempt": self.attempt, "retry_reason": self.reason}
        return envelope

    def settle(self, answer: Answer) -> None:
        heard, self.heard = self.heard, None
        if heard is not None:
            heard(answer)


def _is_form(payload: object) -> bool:
    return isinstance(payload, dict) and payload.get("type") == "view_submission"


@dataclass(eq=False)
class Deliveries:
    """`choose` names the socket for an envelope, None when none is open. doubling: each event is sent twice,
    as if Slack had not seen its acknowledgement: under another envelope id, with the same event_id.
    """

    choose: Callable[[], Line | None]
    timing: Timing
    ring: Callable[[], None]
    acks: list[tuple[str, float]] = field(default_factory=list)
    unknown_acks: list[str] = field(default_factory=list)
    lost: list[Delivery] = field(default_factory=list)
    outstanding: dict[Delivery, None] = field(default_factory=dict)
    doubling: bool = False
    _waiting: dict[Delivery, None] = field(default_factory=dict)
    _sent: dict[str, Delivery] = field(default_factory=dict)
    _late: dict[str, float] = field(default_factory=dict)

    def publish(self, payload: Json) -> None:
        """An event: delivered now, redelivered until acknowledged or out of attempts."""
        for attempt in range(1 + self.doubling):
            delivery = Delivery("events_api", payload, attempt, "timeout" if attempt else "")
            self.outstanding[delivery] = None
            self._attempt(delivery)

    def ask(self, kind: str, payload: Json, heard: Callable[[Answer], None]) -> None:
        """A command or interaction: one attempt, answered within the deadline or not at all. `heard` is
        called once, the moment it is known.
        """
        line = self.choose()
        if line is None:
            heard(Answer(0.0, error="dispatch_failed"))
            return
        self._send(Delivery(kind, payload, heard=heard), line, self.timing.ack_seconds)

    def connected(self) -> None:
        """A socket opened: what waited for one goes out, oldest first."""
        waiting, self._waiting = self._waiting, {}
        for delivery in waiting:
            self._cancel(delivery)
            self._attempt(delivery)

    def answer(self, text: str) -> None:
        """A message of the app on any of its sockets."""
        try:
            message = json.loads(text)
            envelope_id = str(message["envelope_id"])
        except (ValueError, KeyError, TypeError):
            self.unknown_acks.append(text)
            return
        now = time.monotonic()
        delivery = self._sent.pop(envelope_id, None)
        if delivery is None:
            self._acked_late(envelope_id, now)
            return
        self.acks.append((envelope_id, now - delivery.sent))
        self._cancel(delivery)
        self.outstanding.pop(delivery, None)
        delivery.settle(Answer(now - delivery.sent, message.get("payload")))
        self.ring()

    def _acked_late(self, envelope_id: str, now: float) -> None:
        sent = self._late.pop(envelope_id, None)
        if sent is None:
            self.unknown_acks.append(envelope_id)
        else:
            self.acks.append((envelope_id, now - sent))
        self.ring()

    def _attempt(self, delivery: Delivery) -> None:
        line = self.choose()
        if line is not None:
            self._send(delivery, line, self.timing.redeliver_after)
        elif self.timing.keep_offline:
            self._waiting[delivery] = None
            self._expect(delivery, self.timing.redeliver_after)
        else:
            self._lose(delivery)

    def _send(self, delivery: Delivery, line: Line, deadline: float) -> None:
        delivery.envelope_id = str(uuid.uuid4())
        delivery.sent = time.monotonic()
        self._sent[delivery.envelope_id] = delivery
        line.send(delivery.envelope())
        self._expect(delivery, deadline)

    def _expect(self, delivery: Delivery, deadline: float) -> None:
        delivery.timer = asyncio.get_running_loop().call_later(deadline, self._expired, delivery)

    def _expired(self, delivery: Delivery) -> None:
        self._waiting.pop(delivery, None)
        if self._sent.pop(delivery.envelope_id, None) is not None:
            self._late[delivery.envelope_id] = delivery.sent
        if delivery.kind != "events_api":
            delivery.settle(Answer(time.monotonic() - delivery.sent, error="operation_timeout"))
        elif delivery.attempt < len(self.timing.retry_delays):
            self._again(delivery)
        else:
            self._lose(delivery)
        self.ring()

    def _again(self, delivery: Delivery) -> None:
        wait = self.timing.retry_delays[delivery.attempt]
        delivery.attempt += 1
        delivery.reason = "timeout"
        delivery.timer = asyncio.get_running_loop().call_later(wait, self._attempt, delivery)

    def _lose(self, delivery: Delivery) -> None:
        self.outstanding.pop(delivery, None)
        self.lost.append(delivery)
        self.ring()

    def _cancel(self, delivery: Delivery) -> None:
        if delivery.timer is not None:
            delivery.timer.cancel()

    def stop(self) -> None:
        for delivery in [*self.outstanding, *self._sent.values()]:
            self._cancel(delivery)
            delivery.settle(Answer(0.0, error="dispatch_failed"))
