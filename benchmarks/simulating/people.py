"""Accounts of a simulated site: their ids, who follows them, and who writes.

Nothing is kept of an account: its number says all. The account with number n has the n-th most
followers, by Zipf's law; an author is drawn with a weight of 1/sqrt(n), since who writes more is
followed more.
"""

import random
from collections import defaultdict
from collections.abc import Sequence

from apps.sharding import directory, ids

# Accounts at 1x, as on the site of `manage.py loadtest load`.
ACCOUNTS = 1000
# Of Zipf's law, and how many accounts follow one in the mean.
EXPONENT = 0.8
FOLLOWERS = 50
# A large prime spreads successive accounts over the buckets as chance does.
PRIME = 2_654_435_761


def account_id(number: int) -> int:
    """Return the id of the account with this number; its bucket is as good as random."""
    return ids.compose(number, number * PRIME % 2**32 % ids.BUCKETS)


class People:
    """`count` accounts on some shards, by the project's own first map of buckets to shards."""

    def __init__(self, count: int, shards: Sequence[str], seed: int) -> None:
        self.count = count
        self.seed = seed
        self._shards = directory.spread(tuple(shards))
        # The sum of n^-s is near this integral.
        whole = (count ** (1 - EXPONENT) - EXPONENT) / (1 - EXPONENT)
        self._most = FOLLOWERS * count / whole

    def shard_of(self, account: int) -> str:
        """Return the alias of the shard on which the account with this id lives."""
        return self._shards[ids.bucket_of(account)]

    def author(self, rng: random.Random) -> int:
        """Return the number, from 1, of somebody who writes."""
        return 1 + int(self.count * rng.random() ** 2)

    def followers(self, author: int) -> int:
        """Return how many follow the account with this number."""
        return min(self.count - 1, round(self._most / author**EXPONENT))

    def followers_by_shard(self, author: int) -> dict[str, list[int]]:
        """Return the ids of an account's followers, the same each time, by their shards."""
        rng = random.Random(f"{self.seed}/{author}")
        numbers = rng.sample(range(1, self.count + 1), self.followers(author))
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number in numbers:
            follower = account_id(number)
            found[self.shard_of(follower)].append(follower)
        return found
