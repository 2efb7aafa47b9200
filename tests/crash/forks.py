"""`python -m tests.crash.forks SOCKET`: has imported the whole product and forks a process for each order.

A fresh process spends seconds on imports; a fork of this one starts in milliseconds. Nothing here runs an
event loop or a thread, so a fork is as good as new. Ends with its standard input.
"""

from __future__ import annotations

import functools
import gc
import importlib
import inspect
import json
import os
import select
import signal
import socket
import sys
import traceback

import httpcore2

from tests.crash.child import Order, become

PRODUCT = (
    *("bots.__main__", "bots.app", "bots.slack.platform", "bots.discord.platform"),
    *("core.model_server.model", "core.model_server.service", "core.tools.schema"),
    *("genai_prices", "genai_prices.data"),
    *(f"openai.resources.{name}" for name in ("responses", "containers", "files", "models")),
)


def _preload() -> None:
    for name in PRODUCT:
        importlib.import_module(name)
    inspect.stack()  # Bolt asks for it at start; the first time, all modules are searched
    setattr(httpcore2, "default_ssl_context", functools.cache(httpcore2.default_ssl_context))  # noqa: B010
    httpcore2.default_ssl_context(_trust_env=True)  # certificates are read once
    gc.collect()
    gc.freeze()


def _fork(connection: socket.socket, listener: socket.socket) -> None:
    if os.fork():
        connection.close()
        return
    status = 70
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        listener.close()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        connection.sendall(f"{os.getpid()}\n".encode())
        line = connection.makefile("rb", buffering=0).readline()
        status = become(Order(**json.loads(line)), connection.fileno())
    except BaseException:
        traceback.print_exc()
    finally:
        connection.sendall(f"{status}\n".encode())
        sys.stderr.flush()
        os._exit(status)


def serve(path: str) -> None:
    """Fork for each connection until standard input ends."""
    _preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped at once: a pid that is gone is dead
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        os.write(1, b"ready\n")
        while True:
            ready, _, _ = select.select([listener.fileno(), 0], [], [])
            if 0 in ready:
                return
            connection, _ = listener.accept()
            _fork(connection, listener)


if __name__ == "__main__":
    serve(sys.argv[1])
