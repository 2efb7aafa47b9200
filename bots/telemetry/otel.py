"""OpenTelemetry: what a run was is sent once it has ended, behind everything else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from core.concurrency import Background, in_daemon
from core.errors import SpoolError
from core.runs.lanes import Lanes
from core.settings import Settings
from core.store.database import FILE
from core.store.reading import Reading, TooSlow
from core.types import Claim, Outcome

logger = logging.getLogger(__name__)
PATIENCE: Final = 1.0
"""Seconds that what is left may take at the end: the first for the looks, the second for the sending."""


@contextlib.asynccontextmanager
async def exported(settings: Settings, lanes: Lanes) -> AsyncIterator[None]:
    """While this is entered runs that end are sent, where the settings say where to."""
    if not (settings.otel_endpoint("traces") or settings.otel_endpoint("metrics")):
        yield
        return
    from bots.telemetry.sdk import Sdk  # 0.1 s, and only of the extra
    from bots.telemetry.spans import of_run

    sdk = await asyncio.to_thread(Sdk, settings)
    reading, background, before = Reading(settings.data_dir / FILE), Background(), lanes.ended

    async def sent(run: str) -> None:
        """Handed to the SDK's own threads. A death loses it; the page has it all the same."""
        try:
            if span := await reading(lambda tx: of_run(tx, run)):
                await asyncio.to_thread(sdk.send, span)
        except (TooSlow, SpoolError) as error:
            logger.info("a run was not exported", extra={"run_id": run, "error": type(error).__name__})

    def ended(claim: Claim, outcome: Outcome) -> None:
        before(claim, outcome)
        background.start(sent(claim.run), "otel")

    lanes.ended = ended
    try:
        yield
    finally:
        for last in (background.finish, partial(in_daemon, sdk.flush, "otel")):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await last()
        await background.close()
        reading.close()
