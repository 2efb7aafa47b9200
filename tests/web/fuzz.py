"""Random and mutated requests over the API's own document: none makes a 5xx, each is one line of the log.

`python -m tests.web.fuzz [N] [--seed S]`; scripts/fuzz-api is that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import aiohttp

from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.web.clients import LOOKUP
from tests.web.serving import Serving

WORDS = ("", "x" * 300, "a b", *"hello 한글👩‍💻 ../../etc %00 1 null '-- thread_no".split())  # noqa: SIM905
JUNK = [*json.loads('[null,true,-1,0,"","x","\\u0000","\\ud800",[],{},[[]],{"":0}]'), 2**63, 10**400, 1e308]
RAW = (*b'|{|[]|null|{"a":NaN}|{"a":1,"a":2}|\xff\xfe'.split(b"|"), b"[" * 20_000, b'{"a":' * 5_000)
LIMITS = {"API_REQUESTS_PER_MINUTE": "1000000", "API_RUNS_AT_ONCE": "100000"}
AT_ONCE = 16


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: list[tuple[str, str]]
    body: bytes | None
    headers: dict[str, str]


@dataclass
class Maker:
    """Makes requests of a document; `ids` are real ones, by the names of parameters."""

    document: Mapping[str, Any]
    random: Random
    ids: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._operations = [
            (method.upper(), path.removeprefix("/v1"), operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        ]

    def request(self) -> Asked:
        method, path, operation = self.random.choice(self._operations)
        for name in [piece[1:-1] for piece in path.split("/") if piece.startswith("{")]:
            id = self._id(name, often=0.2 if method == "DELETE" else 0.9)
            path = path.replace("{" + name + "}", quote(id, safe=""))
        query = [
            (given["name"], str(self._value(given["schema"], given["name"])))
            for given in operation.get("parameters", ())
            if given["in"] == "query" and self.random.random() < 0.3
        ]
        if self.random.random() < 0.05:
            query.append((self.random.choice(WORDS), self.random.choice(WORDS)))
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        kind = self.random.choice(("application/json",) * 18 + ("text/plain", "application/xml"))
        headers = {"Content-Type": kind, "OpenAI-Beta": f"assistants=v{self.random.choice('12222')}"}
        return Asked(method, path, query, self._body(schema), headers)

    def _body(self, schema: Mapping[str, Any] | None) -> bytes | None:
        if schema is None:
            return self.random.choice(RAW) if self.random.random() < 0.1 else None
        if self.random.random() < 0.05:
            return self.random.choice(RAW)
        value = self._value(schema, "")
        if self.random.random() < 0.6:
            value = self._mutated(value)
        return json.dumps(value).encode()

    def _id(self, name: str, *, often: float = 0.9) -> str:
        if self.random.random() < often and self.ids.get(name):
            return self.random.choice(self.ids[name])
        return self.random.choice((*WORDS[1:], *(one[0] for one in self.ids.values() if one)))

    def _value(self, schema: Mapping[str, Any], name: str) -> Any:
        """Something that fits the schema, more or less."""
        if "$ref" in schema:
            found: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return self._value(found, name)
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._value(self.random.choice(schema[several]), name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        return self._typed(schema, name)

    def _typed(self, schema: Mapping[str, Any], name: str) -> Any:
        kind = schema.get("type")
        if kind == "object":
            wanted = set(schema.get("required", ()))
            named = {
                key: self._value(inner, key)
                for key, inner in schema.get("properties", {}).items()
                if key in wanted or self.random.random() < 0.4
            }
            extra = schema.get("additionalProperties")
            return named | ({"k": self._value(extra, "")} if isinstance(extra, dict) else {})
        if kind == "array":
            inner = schema.get("items", {})
            return [self._value(inner, name.removesuffix("s")) for _ in range(self.random.randrange(3))]
        if kind in ("integer", "number"):
            low, high = schema.get("minimum", 0), schema.get("maximum", 1000)
            return self.random.randint(int(low), int(high))
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "string":
            return self._id(name) if name.endswith("_id") else self.random.choice(WORDS)
        return self.random.choice((None, {"type": "object", "properties": {}}, "x"))

    def _mutated(self, value: Any) -> Any:
        if self.random.random() < 0.08:
            return self.random.choice(JUNK)
        if isinstance(value, dict):
            kept = {key: self._mutated(one) for key, one in value.items() if self.random.random() > 0.03}
            return kept | ({self.random.choice(WORDS): 1} if self.random.random() < 0.03 else {})
        return [self._mutated(one) for one in value] if isinstance(value, list) else value


class Fuzz:
    """Sends requests to a Spool, and keeps what should not be."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._headers = url, {"Authorization": f"Bearer {key}"}
        self.wrong: list[str] = []
        self.statuses: Counter[int] = Counter()

    async def run(self, count: int, seed: int) -> None:
        async with aiohttp.ClientSession(headers=self._headers, timeout=aiohttp.ClientTimeout(20)) as session:
            async with session.get(f"{self._url}/openapi.json") as answer:
                self.maker = Maker(await answer.json(), Random(seed))
            left = iter(range(count))
            await asyncio.gather(*(self._worker(session, left) for _ in range(AT_ONCE)))

    async def _worker(self, session: aiohttp.ClientSession, left: Iterator[int]) -> None:
        for number in left:
            if number % 100 == 0:
                self.maker.ids = await self._real(session)
            await self._send(session, self.maker.request())

    async def _real(self, session: aiohttp.ClientSession) -> dict[str, list[str]]:
        async def made(path: str, **sent: Any) -> str:
            async with session.post(f"{self._url}{path}", **sent) as answer:
                self.statuses[answer.status] += 1
                return str((await answer.json()).get("id", "none"))

        assistants = [await made("/assistants", json={"model": "gpt-6-luna", "tools": [LOOKUP]})]
        threads = [await made("/threads", json={})]
        said = {"role": "user", "content": "hi"}
        messages = [await made(f"/threads/{threads[0]}/messages", json=said)]
        runs = [await made(f"/threads/{threads[0]}/runs", json={"assistant_id": assistants[0]})]
        form = aiohttp.FormData({"purpose": "assistants"})
        form.add_field("file", b"Seoul", filename="city.txt")
        files = [await made("/files", data=form)]
        stores = [await made("/vector_stores", json={"file_ids": files})]
        ids = {"assistant_id": assistants, "thread_id": threads, "message_id": messages, "run_id": runs}
        return ids | {"file_id": files, "vector_store_id": stores}

    async def _send(self, session: aiohttp.ClientSession, asked: Asked) -> None:
        url = f"{self._url}{asked.path}"
        sent = session.request(asked.method, url, params=asked.query, data=asked.body, headers=asked.headers)
        try:
            async with sent as answer:
                told = await answer.read()
        except (TimeoutError, aiohttp.ClientError) as error:
            self.wrong.append(f"{error!r} to {asked!r:.2000}")
            return
        self.statuses[answer.status] += 1
        if answer.status >= 500 or not _well_said(answer, told):
            self.wrong.append(f"{answer.status} {told[:200]!r} to {asked!r:.2000}")


def _well_said(answer: aiohttp.ClientResponse, told: bytes) -> bool:
    """Errors have the API's shape, and every answer an id."""
    if "x-request-id" not in answer.headers:
        return False
    if answer.status < 400 or answer.method == "HEAD":
        return True
    error = json.loads(told).get("error", {})
    return {"message", "type", "param", "code"} == set(error) and bool(error["message"])


async def fuzzed(count: int, seed: int, data: Path) -> tuple[Counter[int], Sequence[str]]:
    """How often which status was answered, and all that should not have been."""
    async with OpenAIStandin(Scenario()) as openai:
        serving = Serving(data, openai, **LIMITS)
        await serving.start()
        fuzz = Fuzz(serving.api.url, await serving.api.key("fuzz"))
        try:
            await fuzz.run(count, seed)
        finally:
            log = await serving.stop()
    told = [line for line in map(json.loads, log.splitlines()) if line.get("message") == "request"]
    lines, sent = Counter(line["status"] for line in told), fuzz.statuses
    fuzz.wrong += [line for line in log.splitlines() if '"level": "ERROR"' in line or "Traceback" in line]
    if (counted := lines.total() - 1 - serving.asked) != sent.total():
        fuzz.wrong.append(f"{counted} lines in the log for {sent.total()} requests")
    return sent, fuzz.wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz-api")
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=Random().randrange(10**6))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = asyncio.run(fuzzed(options.count, options.seed, Path(scratch) / "data"))
    told = f"seed {options.seed}: {dict(sorted(found[0].items()))}; {len(found[1])} wrong"
    sys.stdout.write("\n".join([told, *found[1][:20], ""]))
    return 1 if found[1] else 0


if __name__ == "__main__":
    sys.exit(main())
