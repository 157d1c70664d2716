"""What is in a feed."""

from collections.abc import Sequence

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from apps.accounts import selectors as accounts
from apps.bundled.feeds import documents, hooks
from apps.bundled.feeds.documents import Entry, Feed
from apps.plugins import calls
from apps.posts import cards
from apps.posts import selectors as posts
from apps.posts.cards import Listed, PostCard
from apps.sharding import ids

TITLE = 80


def of_profile(username: str) -> Feed:
    """Return what an account wrote, without what it reposted; raises NoSuchAccount."""
    card = accounts.profile_named(username)
    page = posts.author_page(author_id=card.id, viewer_id=None)
    own = [post for post in page.items if post.reposted_by_id is None]
    title = f"{card.shown_name} (@{card.username}) · {settings.SITE_NAME}"
    return _feed(title, card.url, "feeds:profile", card.username, own)


def of_tag(tag: str) -> Feed:
    """Return the newest posts of a tag; raises Http404 where nobody keeps tags."""
    found = calls.gather(hooks.tagged_posts, tag=tag.lower())
    if not found:
        raise Http404("There are no tags here.")
    tagged = [post for answer in found for post in answer]
    title = f"#{tag.lower()} · {settings.SITE_NAME}"
    return _feed(title, f"/tags/{tag.lower()}", "feeds:tag", tag.lower(), tagged)


def _feed(title: str, path: str, view: str, name: str, listed: Sequence[Listed]) -> Feed:
    found = cards.full(listed)
    return Feed(
        title=title,
        url=_absolute(path),
        atom_url=_absolute(reverse(view, args=[name, "atom"])),
        json_url=_absolute(reverse(view, args=[name, "json"])),
        at=max((card.created_at for card in found), default=ids.EPOCH),
        entries=tuple(_entry(card) for card in found),
    )


def _entry(card: PostCard) -> Entry:
    return Entry(
        # The address by its id alone: it stays when the author takes another name.
        id=_absolute(reverse("posts:permalink", args=[card.id])),
        url=_absolute(card.url),
        title=Truncator(" ".join(card.excerpt.split())).chars(TITLE),
        html=documents.absolute(_content(card), settings.SITE_URL),
        at=card.created_at,
        author=card.author.shown_name,
        author_url=_absolute(card.author.url),
    )


def _content(card: PostCard) -> SafeString:
    """Return what a feed shows: a warning in place of what it warns of."""
    return format_html("<p>{}</p>", card.warning) if card.warning else card.html


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
