"""The end of a push process: each connection is told when and from where to come back.

Thousands that came back at once would meet a process that has just started, and ask it for all
that they missed; so each gets a moment of its own.
"""

import asyncio
import random
from typing import Protocol

from apps.push import hub

# So many a second may come back: each asks every shard once for what it missed.
COMING_BACK_PER_SECOND = 200
SHORTEST, LONGEST = 2.0, 30.0
# A browser that does not even take the word is cut without it.
PATIENCE_SECONDS = 3.0


class Guest(Protocol):
    """A connection that can be sent away."""

    async def send_away(self, wait: float) -> None:
        """Tell the other end to come back after `wait` seconds, and close."""


def seconds_for(count: int) -> float:
    """Return over how long a time so many connections come back. Pure."""
    return min(LONGEST, max(SHORTEST, count / COMING_BACK_PER_SECOND))


async def send_all_away() -> None:
    """Send every connection of this process away, each for another while."""
    guests = list(hub.current().guests)
    within = seconds_for(len(guests))
    await asyncio.gather(*(_send_away(guest, random.uniform(0, within)) for guest in guests))


async def _send_away(guest: Guest, wait: float) -> None:
    try:
        await asyncio.wait_for(guest.send_away(wait), PATIENCE_SECONDS)
    except Exception:
        # Whatever is wrong with one connection, it ends with the process.
        return
