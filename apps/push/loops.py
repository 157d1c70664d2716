"""An event loop in a thread of its own, for what threads without one have to send.

The channel layer keeps its connections by event loop: a loop for each message, as `async_to_sync`
makes one, is a new connection for each, five times as slow.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any

PATIENCE_SECONDS = 5.0

_lock = threading.Lock()
# By process id: a thread does not live on in a forked child.
_loops: dict[int, asyncio.AbstractEventLoop] = {}


def run(work: Coroutine[Any, Any, None]) -> None:
    """Do some work on the loop and wait until it is done; raises what it raises, TimeoutError."""
    asyncio.run_coroutine_threadsafe(work, _loop()).result(PATIENCE_SECONDS)


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="push-loop", daemon=True).start()
        return loop
