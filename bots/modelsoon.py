"""The model server's client, built while the platforms connect: `openai` alone takes a second to import."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
from collections.abc import AsyncGenerator
from typing import Any

from bots.soon import Soon
from core.ports import Model
from core.settings import Settings
from core.types import ModelEvent, Prompt


class ModelSoon:
    """`core.ports.Model` from the first moment on; who asks waits until it is there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: Soon[Model] = Soon(self._load, "model")
        self._model.begin()

    async def _load(self) -> Model:
        module = await asyncio.to_thread(importlib.import_module, "core.model_server.model")
        settings = self._settings
        features = module.Features(
            full=settings.full_features,
            background=settings.openai_background,
            effort=settings.assistant_effort,
        )
        model: Model = module.OpenAIModel(
            api_key=settings.openai_api_key or "none",
            base_url=settings.openai_base_url or None,
            features=features,
        )
        gc.freeze()  # what was imported stays: no collection has to walk 120,000 objects again
        return model

    async def ready(self) -> Any:
        """The model itself, once it can be asked."""
        return await self._model()

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """See `Model.stream`."""
        model = await self._model()
        async with contextlib.aclosing(model.stream(prompt, resume=resume)) as events:
            async for event in events:
                yield event

    async def discard(self, response_id: str) -> None:
        """See `Model.discard`."""
        await (await self._model()).discard(response_id)

    async def close(self) -> None:
        """See `Model.close`."""
        self._model.cancel()
        if model := self._model.built:
            await model.close()
