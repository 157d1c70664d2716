"""Reading notifications: one query for a page, and one a shard for its posts and its actors."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Subquery, Value
from django.db.models.functions import Coalesce

from apps.accounts import selectors as accounts
from apps.accounts import sight
from apps.accounts.selectors import ProfileCard
from apps.caching.queries import cached
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.notifications.kinds import Kind
from apps.notifications.models import Notification, Seen
from apps.posts import cards
from apps.posts.cards import PostCard
from apps.sharding.prepared import prepared

PAGE = 20
MOST_UNREAD = 100
ICONS = {
    Kind.LIKE: "heart",
    Kind.REPLY: "reply",
    Kind.REPOST: "repeat",
    Kind.FOLLOW: "person",
    Kind.MENTION: "at",
}


@dataclass(frozen=True)
class Card:
    """A notification as its account sees it; `post` is None where it is of a follow."""

    id: int
    kind: Kind
    actor: ProfileCard
    post: PostCard | None
    created_at: datetime
    unread: bool

    @property
    def icon(self) -> str:
        """The name of the picture that stands for its kind."""
        return ICONS[self.kind]


@dataclass(frozen=True)
class Listing(cursors.Page[Card]):
    """A page; `unseen_id` is its newest id where that is unread, None where all is seen.

    It counts what the page leaves out because its post is gone, or that would stay unread.
    """

    unseen_id: int | None = None


def page(account_id: int, *, before: int | None) -> Listing:
    """Return what an account was notified of, newest first; without what is gone since."""
    found = cursors.page(_newest(account_id, before), PAGE, key=lambda row: row.pk)
    unseen = [row.pk for row in found.items if row.pk > row.seen_id]
    return Listing(_cards(found.items, account_id), found.next_cursor, max(unseen, default=None))


def card(account_id: int, notification_id: int) -> Card | None:
    """Return one notification of an account, None where there is none for it."""
    rows = Notification.objects.filter(account_id=account_id, id=notification_id)
    found = _cards(list(rows.annotate(seen_id=_seen(account_id))), account_id)
    return found[0] if found else None


@hot("notifications.page", lambda shard: _busiest(shard, None))
def _newest(account_id: int, before: int | None) -> list[Any]:
    rows = Notification.objects.filter(account_id=account_id).annotate(seen_id=_seen(account_id))
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[: PAGE + 1])


def _tags(account_id: int) -> list[str]:
    return [f"notifications.account:{account_id}", f"notifications.looked:{account_id}"]


@cached("notifications.unread_count", tags=_tags)
@hot(
    "notifications.unread_count",
    lambda shard: _busiest(shard),
    most=MOST_UNREAD + 1,
    why="it counts up to 100",
)
def unread_count(account_id: int) -> int:
    """Return how many notifications an account has not looked at, 100 at most."""
    return len(_unread(account_id))


@prepared
def _unread(account_id: int) -> Any:
    rows = Notification.objects.filter(account_id=account_id, id__gt=_seen(account_id))
    return rows.order_by().values_list("id")[:MOST_UNREAD]


def _busiest(shard: str, *rest: Any) -> tuple[Any, ...] | None:
    rows = Notification.objects.using(shard).order_by().values("account_id")
    found = rows.annotate(number=Count("*")).order_by("-number").values_list("account_id").first()
    return (*found, *rest) if found else None


def _seen(account_id: int) -> Coalesce:
    seen = Seen.objects.filter(account_id=account_id).values("seen_id")
    return Coalesce(Subquery(seen), Value(0))


def _cards(rows: list[Any], account_id: int) -> list[Card]:
    viewer = sight.of(account_id)
    actors = accounts.cards_of({row.actor_id for row in rows})
    wanted = dict.fromkeys(row.post_id for row in rows if row.post_id is not None)
    shown = {card.id: card for card in cards.cards(list(wanted), viewer_id=account_id)}
    return [
        Card(
            id=row.pk,
            kind=Kind(row.kind),
            actor=actors[row.actor_id],
            post=shown.get(row.post_id),
            created_at=row.created_at,
            unread=row.pk > row.seen_id,
        )
        for row in rows
        if row.actor_id in actors
        and viewer.shows(row.actor_id)
        and (row.post_id is None or row.post_id in shown)
    ]
