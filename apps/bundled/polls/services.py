"""Every write of polls: each is one transaction on the shard of the post."""

from collections.abc import Collection
from datetime import timedelta

from django.db import IntegrityError
from django.utils import timezone

from apps.bundled.polls.errors import (
    AlreadyVoted,
    NoSuchOption,
    NothingChosen,
    OwnPoll,
    PollOver,
)
from apps.bundled.polls.events import PollCounted
from apps.bundled.polls.models import Poll, Tally, Vote
from apps.bundled.polls.questions import Question
from apps.events import outbox
from apps.posts import services as posts
from apps.posts.errors import NoSuchPost
from apps.replication import scopes
from apps.sharding import shards
from apps.sharding.conf import conf


def make(*, post_id: int, asked: Question) -> None:
    """Store the poll of a post, in the transaction that stores the post."""
    Poll.objects.create(
        post_id=post_id,
        titles="\n".join(asked.titles),
        multiple=asked.multiple,
        ends_at=timezone.now() + timedelta(seconds=asked.seconds),
    )


def vote(*, post_id: int, account_id: int, choices: Collection[int]) -> None:
    """Vote for options by their numbers, from 0 on; once, and it stands.

    Raises NoSuchPost, NotAllowed, OwnPoll, PollOver, NothingChosen, NoSuchOption, AlreadyVoted.
    """
    post = posts.permitted("vote", actor_id=account_id, post_id=post_id)
    if post.author_id == account_id:
        raise OwnPoll
    try:
        with shards.atomic_for(post_id):
            poll = Poll.objects.filter(post_id=post_id).first()
            if poll is None:
                raise NoSuchPost(post_id)
            _store(poll, account_id, _bits(poll, choices))
    except IntegrityError as error:
        # It was deleted meanwhile.
        raise NoSuchPost(post_id) from error


def forget(*, post_id: int) -> None:
    """Take away the poll of a deleted post with its votes; a second time there is none."""
    with shards.atomic_for(post_id):
        Poll.objects.filter(post_id=post_id).delete()
        Tally.objects.filter(owner_id=post_id).delete()


def take_back(*, account_id: int) -> None:
    """Take back all votes of an account that leaves, with their counts; again there are none."""
    for shard in conf().shards:
        with scopes.primary():
            rows = Vote.objects.on(shard).filter(account_id=account_id)
            poll_ids = list(rows.values_list("poll_id", flat=True))
        for poll_id in poll_ids:
            _take_back(poll_id, account_id)


def _store(poll: Poll, account_id: int, bits: int) -> None:
    """Store a vote and count it, once: the constraint has the second of two wait and see."""
    if poll.ends_at <= timezone.now():
        raise PollOver
    _, made = Vote.objects.get_or_create(
        poll_id=poll.pk, account_id=account_id, defaults={"choices": bits}
    )
    if not made:
        raise AlreadyVoted
    _count(poll.pk, account_id, bits, 1)


def _take_back(poll_id: int, account_id: int) -> None:
    with shards.atomic_for(poll_id):
        mine = Vote.objects.filter(poll_id=poll_id, account_id=account_id)
        row = mine.select_for_update().first()
        if row is not None:
            mine.delete()
            _count(poll_id, account_id, row.choices, -1)


def _count(poll_id: int, account_id: int, bits: int, by: int) -> None:
    names = Tally.counts[1:]
    chosen = {name: by for number, name in enumerate(names) if bits & 1 << number}
    Tally.add(poll_id, by=account_id, voters=by, **chosen)
    outbox.record(PollCounted(post_id=poll_id))


def _bits(poll: Poll, choices: Collection[int]) -> int:
    """Return a vote as it is stored; raises NothingChosen, NoSuchOption."""
    chosen, there = set(choices), range(len(poll.titles.split("\n")))
    if not chosen:
        raise NothingChosen
    if not chosen <= set(there) or (len(chosen) > 1 and not poll.multiple):
        raise NoSuchOption
    return sum(1 << number for number in chosen)
