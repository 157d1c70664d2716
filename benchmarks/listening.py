"""Browsers that are told of each new post."""

import asyncio
import json
import threading
import time
from collections import defaultdict

from serving import SITE

PATIENCE = 60


class Listening:
    """WebSockets that note when each post came; runs in a thread of its own."""

    def __init__(self, port: int, count: int) -> None:
        self.came: defaultdict[str, list[float]] = defaultdict(list)
        self.ready = threading.Barrier(2)
        self.loop = asyncio.new_event_loop()
        self.port, self.count = port, count
        threading.Thread(target=self.loop.run_until_complete, args=(self.all(),)).start()
        self.ready.wait(PATIENCE)

    async def all(self) -> None:
        """Listen until told to close."""
        self.end = asyncio.Event()
        self.open = asyncio.Semaphore(0)
        tasks = [self.loop.create_task(self.one()) for _ in range(self.count)]
        for _ in tasks:
            await self.open.acquire()
        self.ready.wait(PATIENCE)
        await self.end.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def one(self) -> None:
        """One WebSocket."""
        from websockets.asyncio.client import connect

        address = f"ws://127.0.0.1:{self.port}/ws/"
        while True:
            try:
                socket = await connect(address, origin=SITE, compression=None)
                break
            except OSError:
                await asyncio.sleep(0.2)
        async with socket:
            await socket.send(json.dumps({"do": "subscribe", "topics": ["public"]}))
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "event":
                    self.came[message["data"]["post_id"]].append(time.perf_counter())
                else:
                    self.open.release()

    def close(self) -> None:
        """Close all."""
        self.loop.call_soon_threadsafe(self.end.set)
