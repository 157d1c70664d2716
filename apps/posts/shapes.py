"""A post's HTML from the mould of its shape: a template is rendered once for all posts of one.

The shape is all that decides which parts there are. What is in them, names and texts and times,
differs from post to post and is laid into the mould.
"""

from functools import lru_cache
from types import SimpleNamespace
from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString

from apps.posts.cards import COUNTS, PostCard
from apps.posts.kinds import Audience
from apps.posts.moulds import ITSELF, Mould, hole, numbered
from apps.posts.templatetags.moments import dated, spelled_out

# What is left open where a post's HTML is kept: it differs from page to page.
OPEN = ("item", "repost", "footer")
# Stands for the id of what a post answers.
ANSWERED = ITSELF + 1


class Shape(NamedTuple):
    """All that decides which parts a post's HTML has."""

    language: str
    is_member: bool
    liked: bool
    reposted: bool
    bookmarked: bool
    mine: bool
    audience: int
    answers: bool
    edited: bool
    arrived: bool
    warned: bool
    worded: bool
    pictured: bool


def html_of(post: PostCard, text: SafeString, *, language: str, in_thread: bool) -> Mould:
    """Return a post's HTML with what is left open. In a thread nobody is told what it answers."""
    stored, author = post.stored, post.author
    shape = Shape(
        language=language,
        is_member=post.is_member,
        liked=post.liked,
        reposted=post.reposted,
        bookmarked=post.bookmarked,
        mine=post.mine,
        audience=stored.audience,
        answers=stored.in_reply_to_id is not None and not in_thread,
        edited=stored.edited_at is not None,
        arrived=post.arrived_at is not None,
        warned=bool(post.warning),
        worded=bool(text),
        pictured=author.picture_url is not None,
    )
    pictures = {"pictures": post.pictures}
    values = {
        **{name: hole(name) for name in OPEN},
        **{name: str(intcomma(getattr(post, name))) for name in COUNTS},
        "id": str(post.id),
        "url": escape(post.url),
        "answered": str(stored.in_reply_to_id),
        "name": escape(author.shown_name),
        "username": escape(author.username),
        "profile": escape(author.url),
        "picture": escape(author.picture_url or ""),
        "hue": str(author.hue),
        "initials": escape(author.initials),
        "written": post.created_at.isoformat(),
        "dated": escape(dated(post.created_at)),
        "written_in_words": escape(spelled_out(post.created_at)),
        "stored": f"{post.created_at:%H:%M:%S}",
        "arrived": f"{post.arrived_at:%H:%M:%S}" if post.arrived_at else "",
        "warning": escape(post.warning),
        "text": text,
        "pictures": render_to_string("pictures/_grid.html", pictures) if post.pictures else "",
    }
    return Mould(_mould(shape).filled(**values))


@lru_cache(1024)
def _mould(shape: Shape) -> Mould:
    audience = Audience(shape.audience)
    author = SimpleNamespace(
        shown_name=hole("name"),
        username=hole("username"),
        url=hole("profile"),
        picture_url=hole("picture") if shape.pictured else None,
        initials=hole("initials"),
        hue=hole("hue"),
    )
    post = SimpleNamespace(
        **{name: hole(name) for name in (*OPEN, *COUNTS)},
        id=ITSELF,
        url=hole("url"),
        author=author,
        is_member=shape.is_member,
        liked=shape.liked,
        reposted=shape.reposted,
        bookmarked=shape.bookmarked,
        mine=shape.mine,
        audience=audience,
        is_public=audience == Audience.PUBLIC,
        answers=ANSWERED if shape.answers else None,
        edited=shape.edited,
        written=hole("written"),
        dated=hole("dated"),
        written_in_words=hole("written_in_words"),
        stored=hole("stored"),
        arrived=hole("arrived") if shape.arrived else "",
        warning=hole("warning") if shape.warned else "",
        text=hole("text") if shape.worded else "",
        pictures=hole("pictures"),
    )
    html = render_to_string("posts/_post.html", {"post": post})
    return numbered(html, {ITSELF: "id", ANSWERED: "answered"})
