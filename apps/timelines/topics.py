"""What browsers hear of posts in time order."""

from collections.abc import Sequence

from apps.events.announcements import Announced
from apps.follows import selectors as follows
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.posts import selectors as posts
from apps.posts.events import PostPublished
from apps.push.topics import EVERY, Data, Topic, register
from apps.timelines import receivers


class Public(Topic):
    """What everybody writes."""

    name = "public"
    about = "A new post by anybody; no replies and no reposts."
    events = {PostPublished: receivers.fan_out}

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Every author."""
        return [EVERY]

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """The ids of posts that are there."""
        return _posts_in([t for t in told if _is_public(t.event)])


class Home(Topic):
    """What is new in a home timeline: told when it is in the timelines of all followers."""

    name = "home"
    about = "A new post or repost by those whom you follow, or by you."
    events = {PostPublished: receivers.fan_out}
    moved_by = (AccountFollowed, AccountUnfollowed)
    needs_account = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Those followed, and oneself."""
        return [account_id, *follows.followed_by(account_id)]

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """The ids of posts that are there."""
        return _posts_in(told)


def _is_public(event: object) -> bool:
    return (
        isinstance(event, PostPublished)
        and event.in_reply_to_id is None
        and event.repost_of_id is None
    )


def _posts_in(told: Sequence[Announced]) -> dict[int, Data]:
    ids = {t.event_id: t.event.post_id for t in told if isinstance(t.event, PostPublished)}
    there = posts.existing(ids.values())
    return {event_id: {"post_id": str(pk)} for event_id, pk in ids.items() if pk in there}


register(Public())
register(Home())
