"""What browsers hear of posts in time order."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from apps.accounts import sight
from apps.accounts.events import SightChanged
from apps.events.announcements import Announced
from apps.events.registry import Event
from apps.follows import selectors as follows
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.posts import selectors as posts
from apps.posts.events import PostDeleted, PostEdited, PostPublished, PostShared, SharedEdited
from apps.posts.kinds import Audience
from apps.push.topics import EVERY, Data, Topic, register
from apps.timelines import receivers


class Posts(Topic):
    """New posts: a message is a post's id."""

    events: ClassVar[Mapping[type[Event], Any]] = {PostPublished: receivers.fan_out}
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
        return {
            t.event_id: t.event.post_id
            for t in told
            if isinstance(t.event, PostPublished | PostShared) and _is_in_timelines(t.event)
        }


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

    events: ClassVar[Mapping[type[Event], Any]] = {
        PostPublished: receivers.fan_out,
        PostShared: receivers.fan_out_shared,
    }
    name = "home"
    about = "A new post or repost by those whom you follow, or by you."
    moved_by = (AccountFollowed, AccountUnfollowed, SightChanged)
    needs_account = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Those followed, and oneself."""
        return [account_id, *follows.followed_by(account_id)]


class Deleted(Posts):
    """Posts that are gone: a message is a post's id."""

    events = {PostDeleted: None}

    def still(self, told: Sequence[Announced]) -> Sequence[Announced]:
        """All: what is gone stays gone."""
        return told

    def _ids(self, told: Sequence[Announced]) -> dict[int, int]:
        return {t.event_id: t.event.post_id for t in told if isinstance(t.event, PostDeleted)}


class PublicDeleted(Deleted):
    """What anybody deleted."""

    name = "public-deleted"
    about = "A post by anybody was deleted that was for everybody."

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Every author."""
        return [EVERY]

    def _ids(self, told: Sequence[Announced]) -> dict[int, int]:
        return super()._ids([t for t in told if not getattr(t.event, "audience", 0)])


class HomeDeleted(Deleted):
    """What is gone from a home timeline."""

    name = "home-deleted"
    about = "A post or repost by those whom you follow, or by you, was deleted."
    moved_by = (AccountFollowed, AccountUnfollowed, SightChanged)
    needs_account = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Those followed, and oneself."""
        return [account_id, *follows.followed_by(account_id)]

    def _ids(self, told: Sequence[Announced]) -> dict[int, int]:
        named = Audience.NAMED
        return super()._ids([t for t in told if getattr(t.event, "audience", 0) != named])


class Edited(Posts):
    """Posts that say something else now: a message is a post's id."""

    def _ids(self, told: Sequence[Announced]) -> dict[int, int]:
        return {
            t.event_id: t.event.post_id
            for t in told
            if isinstance(t.event, PostEdited)
            or (isinstance(t.event, SharedEdited) and t.event.audience == Audience.FOLLOWERS)
        }


class PublicEdited(Edited):
    """What anybody changed."""

    events: ClassVar[Mapping[type[Event], Any]] = {PostEdited: None}
    name = "public-edited"
    about = "A post by anybody says something else now; no replies."

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Every author."""
        return [EVERY]

    def _ids(self, told: Sequence[Announced]) -> dict[int, int]:
        return super()._ids([t for t in told if getattr(t.event, "in_reply_to_id", 0) is None])


class HomeEdited(Edited):
    """What is changed in a home timeline."""

    events: ClassVar[Mapping[type[Event], Any]] = {PostEdited: None, SharedEdited: None}
    name = "home-edited"
    about = "A post by those whom you follow, or by you, says something else now."
    moved_by = (AccountFollowed, AccountUnfollowed, SightChanged)
    needs_account = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Those followed, and oneself."""
        return [account_id, *follows.followed_by(account_id)]


def _is_in_timelines(event: PostPublished | PostShared) -> bool:
    return isinstance(event, PostPublished) or event.audience == Audience.FOLLOWERS


def _is_public(event: object) -> bool:
    return (
        isinstance(event, PostPublished)
        and event.in_reply_to_id is None
        and event.repost_of_id is None
    )


register(Public())
register(Home())
register(PublicDeleted())
register(HomeDeleted())
register(PublicEdited())
register(HomeEdited())
