"""Reading polls: what is the same for everybody, and the viewer's own votes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from apps.bundled.polls.models import Poll, Tally, Vote
from apps.caching.queries import cached, cached_many
from apps.sharding import directory, querysets


class Asked(NamedTuple):
    """A poll as it is stored."""

    titles: tuple[str, ...]
    multiple: bool
    ends_at: datetime


@cached_many("polls.asked", tags=lambda post_id: [f"polls.poll:{post_id}"])
def asked(post_ids: Sequence[int]) -> dict[int, Asked]:
    """Return the polls of posts by id; left out where there is none."""
    found = Poll.objects.get_many(post_ids)
    return {
        pk: Asked(tuple(row.titles.split("\n")), row.multiple, row.ends_at)
        for pk, row in found.items()
    }


@cached_many("polls.counts", tags=lambda post_id: [f"polls.tally:{post_id}"])
def counts(post_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Return how many voted, then the votes for each option; left out where nobody did."""
    found = Tally.of_many(post_ids)
    return {pk: tuple(sums[name] for name in Tally.counts) for pk, sums in found.items()}


def votes_of(post_ids: Iterable[int], viewer_id: int | None) -> dict[int, int]:
    """Return what a viewer has chosen, as it is stored, by post; a visitor has chosen nothing."""
    if viewer_id is None:
        return {}
    lists = querysets.from_each(post_ids, lambda ids: _votes_among(tuple(sorted(ids)), viewer_id))
    return {pk: choices for found in lists for pk, choices in found}


@cached(
    "polls.votes",
    tags=lambda post_ids, viewer_id: [f"polls.voter:{viewer_id}"],
    group=lambda post_ids, viewer_id: directory.shard_of_id(post_ids[0]),
)
def _votes_among(post_ids: tuple[int, ...], viewer_id: int) -> list[tuple[int, int]]:
    """Return what an account has chosen in polls of one shard."""
    mine = Vote.objects.filter(poll_id__in=post_ids, account_id=viewer_id)
    return list(mine.values_list("poll_id", "choices"))
