"""What browsers hear of single posts."""

from collections.abc import Sequence

from apps.events.announcements import Announced
from apps.posts import audiences, selectors
from apps.posts.events import PostArrived, PostCounted, PostLiked, PostUnliked
from apps.push.topics import Data, Topic, register


class Counts(Topic):
    """What is counted on one post."""

    name = "post"
    about = "How often a post is liked, reposted and answered, whenever that changes."
    events = {PostCounted: None, PostLiked: None, PostUnliked: None}
    takes_argument = True
    latest_only = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """The post, where it may be seen."""
        return [argument] if audiences.may_see(argument, account_id or None) else []

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """The counts as they are now; a deleted post has none."""
        counts = selectors.counts_of(event.key for _, event in told)
        return {
            event_id: {"post_id": str(event.key), **counts[event.key]}
            for event_id, event in told
            if event.key in counts
        }


class Arrivals(Topic):
    """That one's own post is everywhere."""

    name = "arrivals"
    about = "A post of yours is in all timelines and on all replicas."
    events = {PostArrived: None}
    needs_account = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Oneself."""
        return [account_id]

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """The moment, in ISO 8601; a deleted post has none."""
        ids = {t.event_id: t.event.post_id for t in told if isinstance(t.event, PostArrived)}
        moments = selectors.arrivals_of(ids.values())
        return {
            event_id: {"post_id": str(pk), "at": moments[pk].isoformat()}
            for event_id, pk in ids.items()
            if pk in moments
        }


register(Counts())
register(Arrivals())
