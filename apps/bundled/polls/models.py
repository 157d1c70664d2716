"""Polls and their votes, on the shard of the post that asks."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.sharding.models import ShardedModel
from apps.sharding.tallies import Tally as AbstractTally

# Each option is a bit of a vote.
ALL_OPTIONS = 0b1111


class Poll(ShardedModel):
    """What a post asks. It never changes; who wants another one writes another post."""

    shard_keys = ("post_id",)
    cache_tags: ClassVar = {"poll": "post_id"}

    post_id = models.BigIntegerField(primary_key=True)
    # The options, one a line.
    titles = models.TextField()
    multiple = models.BooleanField()
    ends_at = models.DateTimeField()

    class Meta(ShardedModel.Meta):
        pass

    def __str__(self) -> str:
        return f"poll of {self.post_id}"


class Vote(ShardedModel):
    """What an account has chosen: once for each poll, whichever of two requests comes first.

    `choices` has the bit 1 << n where it is for option n.
    """

    shard_keys = ("poll_id",)
    cache_tags: ClassVar = {"voter": "account_id"}

    pk = models.CompositePrimaryKey("poll_id", "account_id")
    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, db_index=False)
    account_id = models.BigIntegerField()
    choices = models.SmallIntegerField()

    class Meta(ShardedModel.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(choices__gte=1, choices__lte=ALL_OPTIONS),
                name="polls_vote_for_something",
            ),
        )
        # To take back all votes of an account that leaves.
        indexes = (models.Index(fields=["account_id", "poll"], name="polls_votes_of"),)


class Tally(AbstractTally):
    """Counts of a poll: who voted, and the votes for each option."""

    counts = ("voters", "first", "second", "third", "fourth")
    cache_tags: ClassVar = {"tally": "owner_id"}

    voters = models.IntegerField(default=0)
    first = models.IntegerField(default=0)
    second = models.IntegerField(default=0)
    third = models.IntegerField(default=0)
    fourth = models.IntegerField(default=0)
