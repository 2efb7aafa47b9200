"""The least a Slack bot can do: ask the model for each mention and post the answer. No memory, no streaming.

What it needs from event to model is the cost of the stand-ins, of the sockets and of this machine, not of the
product. `python -m bench.floor` runs it with the product's settings in the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

import aiohttp

from standins.script.script import text_of


class Floor:
    """One connection to Slack; `serve` until cancelled."""

    def __init__(self, session: aiohttp.ClientSession, settings: Mapping[str, str]) -> None:
        self._session, self._settings = session, settings
        self._asking: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Acknowledge each event, and take each mention for a question."""
        opened = await self._slack("apps.connections.open", "SLACK_APP_TOKEN")
        async with self._session.ws_connect(opened["url"]) as socket:
            async for frame in socket:
                envelope = json.loads(frame.data)
                if "envelope_id" not in envelope:
                    continue
                await socket.send_json({"envelope_id": envelope["envelope_id"]})
                if envelope["payload"]["event"]["type"] == "app_mention":
                    task = asyncio.create_task(self._answer(envelope["payload"]["event"]))
                    self._asking.add(task)
                    task.add_done_callback(self._asking.discard)

    async def _answer(self, event: Mapping[str, Any]) -> None:
        where = {"channel": event["channel"], "thread_ts": event["ts"]}
        text = await self._ask(event["text"].partition("> ")[2])
        await self._slack("chat.postMessage", "SLACK_BOT_TOKEN", **where, text=text)

    async def _ask(self, text: str) -> str:
        question = {"model": "gpt-6-luna", "input": [{"role": "user", "content": text}], "stream": True}
        url = f"{self._settings['OPENAI_BASE_URL']}/responses"
        async with self._session.post(url, json=question, headers={"Authorization": "Bearer x"}) as response:
            events = [json.loads(line[5:]) async for line in response.content if line.startswith(b"data:")]
        return "".join(map(text_of, events[-1]["response"]["output"]))

    async def _slack(self, method: str, token: str, **fields: str) -> Any:
        headers = {"Authorization": f"Bearer {self._settings[token]}"}
        url = self._settings["SLACK_API_URL"] + method
        async with self._session.post(url, json=fields, headers=headers) as response:
            return await response.json()


async def _main() -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await Floor(session, os.environ).serve()


if __name__ == "__main__":
    asyncio.run(_main())
