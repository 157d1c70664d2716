"""Reading a home timeline: at most one query, and one a shard for the posts on the page."""

from django.db.models import Exists, F

from apps.follows import selectors as follows
from apps.kernel import cursors
from apps.posts import selectors as posts
from apps.posts.selectors import PAGE, PostCard
from apps.timelines.models import Entry


def home_page(account_id: int, *, before: int | None) -> cursors.Page[PostCard]:
    """Return what an account and those it follows wrote and reposted, newest first.

    The account's own posts are asked for where they are written, in the same query, so they
    are there at once; what others wrote is there when its fan-out is done.
    """
    entries = Entry.objects.filter(
        Exists(follows.follow_beside("account_id", "author_id")), account_id=account_id
    )
    if before is not None:
        entries = entries.filter(post_id__lt=before)
    others = entries.order_by("-post_id").values(
        item_id=F("post_id"), by_id=F("author_id"), original_of=F("original_id")
    )
    own = posts.written_by(account_id, before=before)
    both = others[: PAGE + 1].union(own[: PAGE + 1], all=True).order_by("-item_id")
    page = cursors.page(list(both[: PAGE + 1]), PAGE, key=lambda item: int(item["item_id"]))
    originals = [item["original_of"] for item in page.items if item["original_of"]]
    wanted = [item["item_id"] for item in page.items]
    return cursors.Page(posts.page_of(wanted, originals, account_id), page.next_cursor)
