"""What each step of a deletion does. A step may be killed at any line and is begun again then."""

from collections.abc import Callable
from typing import Any

from apps.accounts import leaving
from apps.erasure import tables
from apps.erasure.models import Step
from apps.events import erasing
from apps.follows import selectors as follows
from apps.follows import services as follow_services
from apps.posts import exports
from apps.posts import services as posts
from apps.sharding import shards

BATCH = 100

# Told of a table and how many of its rows are gone; that also says that the worker goes on.
Told = Callable[[str, int], None]


def close(account_id: int, told: Told) -> bool:
    """Let nobody sign in any longer; what is signed in is out."""
    for table, count in leaving.close(account_id=account_id).items():
        told(table, count)
    return True


def end_follows(account_id: int, told: Told) -> bool:
    """End its follows and those of it, as if each had unfollowed: counts and timelines follow."""
    while page := follows.following_page(account_id, None, BATCH).items:
        for other in page:
            follow_services.unfollow(follower_id=account_id, followed_id=other)
        told("follows_follow", len(page))
    while page := follows.followers_page(account_id, None, BATCH).items:
        for other in page:
            follow_services.unfollow(follower_id=other, followed_id=account_id)
        told("follows_follow", len(page))
    return True


def take_likes_back(account_id: int, told: Told) -> bool:
    """Take its likes back, as if it had done so: the posts' counts follow."""
    for chunk in exports.likes_of(account_id):
        for post_id in chunk:
            posts.unlike(account_id=account_id, post_id=post_id)
        told("posts_like", len(chunk))
    return True


def delete_posts(account_id: int, told: Told) -> bool:
    """Delete its posts, replies and reposts, and announce each: timelines, searches follow."""
    while count := posts.delete_some(author_id=account_id, most=BATCH):
        told("posts_post", count)
    return True


def tell(account_id: int, told: Told) -> bool:
    """Announce it, for those who keep files or things outside of the tables."""
    leaving.announce_deleted(account_id=account_id)
    return True


def settle(account_id: int, told: Told) -> bool:
    """Tell whether every event that concerns it is done with; nobody writes of it after that."""
    return not erasing.is_waited_for(account_id)


def erase_rows(account_id: int, told: Told) -> bool:
    """Delete what is left, table by table on every server."""
    shards.in_one_map(lambda: tables.erase(account_id, told))
    return True


def blank_log(account_id: int, told: Told) -> bool:
    """Blank the events that concern it; their places in the log stay."""
    shards.in_one_map(lambda: told("events_event", erasing.blank(account_id)))
    return True


def bury(account_id: int, told: Told) -> bool:
    """Put the name where nobody can take it, and delete the account."""
    told("accounts_account", leaving.bury(account_id=account_id))
    return True


STEPS: dict[Any, Callable[[int, Told], bool]] = {
    Step.CLOSE: close,
    Step.FOLLOWS: end_follows,
    Step.LIKES: take_likes_back,
    Step.POSTS: delete_posts,
    Step.TELL: tell,
    Step.SETTLE: settle,
    Step.ROWS: erase_rows,
    Step.LOG: blank_log,
    Step.BURY: bury,
}
