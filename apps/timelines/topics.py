"""What browsers hear of posts in time order."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from apps.accounts import sight
from apps.accounts.events import SightChanged
from apps.events.announcements import Announced
from apps.events.registry import Event
from apps.follows import selectors as follows
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.posts import selectors as posts
from apps.posts.events import PostPublished
from apps.push.topics import EVERY, Data, Topic, register
from apps.timelines import receivers


class Posts(Topic):
    """New posts: a message is a post's id."""

    events = {PostPublished: receivers.fan_out}
    moved_by: ClassVar[tuple[type[Event], ...]] = (SightChanged,)

    def unheard(self, account_id: int) -> Collection[int]:
        """Whom one does not see; of whom nobody does, nothing is told anyway."""
        return sight.of(account_id or None).required().unseen

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """The ids of the posts."""
        return {event_id: {"post_id": str(pk)} for event_id, pk in self._ids(told).items()}

    def still(self, told: Sequence[Announced]) -> Sequence[Announced]:
        """Those whose posts are still there."""
        ids = self._ids(told)
        there = posts.existing(ids.values())
        return [t for t in told if ids.get(t.event_id) in there]

    def _ids(self, told: Sequence[Announced]) -> dict[int, int]:
        return {t.event_id: t.event.post_id for t in told if isinstance(t.event, PostPublished)}


class Public(Posts):
    """What everybody writes."""

    name = "public"
    about = "A new post by anybody; no replies and no reposts."

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Every author."""
        return [EVERY]

    def _ids(self, told: Sequence[Announced]) -> dict[int, int]:
        return super()._ids([t for t in told if _is_public(t.event)])


class Home(Posts):
    """What is new in a home timeline: told when it is in the timelines of all followers."""

    name = "home"
    about = "A new post or repost by those whom you follow, or by you."
    moved_by = (AccountFollowed, AccountUnfollowed, SightChanged)
    needs_account = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Those followed, and oneself."""
        return [account_id, *follows.followed_by(account_id)]


def _is_public(event: object) -> bool:
    return (
        isinstance(event, PostPublished)
        and event.in_reply_to_id is None
        and event.repost_of_id is None
    )


register(Public())
register(Home())
