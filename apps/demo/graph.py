"""A graph in which a few accounts have most of the followers, as people make them. Pure."""

from __future__ import annotations  # array is generic for type checkers only

import random
from array import array
from collections.abc import Iterator
from itertools import accumulate

# Zipf's exponent: with 1 the followers of rank n are 1/n of those of the first.
EXPONENT = 0.9
# How many of each author's posts, and in all, a demo timeline begins with.
NEWEST = 20
TIMELINE = 200


def weights(accounts: int) -> list[float]:
    """Return the cumulative popularity of accounts by rank."""
    return list(accumulate((rank + 1) ** -EXPONENT for rank in range(accounts)))


def follows(accounts: int, wanted: int, rng: random.Random) -> Iterator[tuple[int, int]]:
    """Yield pairs (follower, followed) of ranks, each once, follower by follower.

    Everybody follows about as many; whom, is drawn by popularity. Gives a few pairs less than
    wanted where accounts are too few for that many.
    """
    popularity = weights(accounts)
    ranks = range(accounts)
    for follower in ranks:
        share = wanted * (follower + 1) // accounts - wanted * follower // accounts
        chosen = set(rng.choices(ranks, cum_weights=popularity, k=share * 2)) - {follower}
        for followed in sorted(chosen, key=lambda rank: rng.random())[:share]:
            yield follower, followed


def authors(accounts: int, posts: int, rng: random.Random) -> Iterator[int]:
    """Yield the rank of the author of each post, the most followed write more."""
    popularity = weights(accounts)
    step = 10_000
    for start in range(0, posts, step):
        yield from rng.choices(range(accounts), cum_weights=popularity, k=min(step, posts - start))


def timeline(
    followed: list[int], newest: list[array[int]]
) -> tuple[list[tuple[int, int]], int | None]:
    """Return the newest (post id, author's rank) of those that one account follows.

    Also returns the id down to which that is all they wrote, None where it is all in all.
    """
    found = [(post, rank) for rank in followed for post in newest[rank]]
    found.sort(reverse=True)
    ends = [newest[rank][0] for rank in followed if len(newest[rank]) == NEWEST]
    ends += [post for post, _ in found[TIMELINE - 1 : TIMELINE]]
    return found[:TIMELINE], max(ends, default=None)
