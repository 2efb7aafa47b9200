"""Every time span of the service, in seconds, so that tests may shorten them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Timing:
    """`retry_delays`: the waits before the first, second and third redelivery of an event.

    keep_offline: an event for which no socket is open waits and is retried; False: it is lost at once
    (both have been seen of the real service). share_seconds: how long after its upload was completed a
    file appears in its channel.
    """

    redeliver_after: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    ack_seconds: float = 3.0
    ticket_seconds: float = 30.0
    ping_seconds: float = 10.0
    grace_seconds: float = 3.0
    stream_seconds: float = 300.0
    status_seconds: float = 120.0
    share_seconds: float = 0.05
    minute: float = 60.0
    keep_offline: bool = True

    def but(
        self,
        stream_seconds: float | None,
        redeliver_after: float | None,
        retry_delays: tuple[float, ...] | None,
    ) -> Timing:
        """Itself with those that are given."""
        return replace(
            self,
            stream_seconds=self.stream_seconds if stream_seconds is None else stream_seconds,
            redeliver_after=self.redeliver_after if redeliver_after is None else redeliver_after,
            retry_delays=self.retry_delays if retry_delays is None else retry_delays,
        )
