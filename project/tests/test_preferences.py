"""Each page that can be read says what it prefers; the document says the same."""

import pytest
from django.urls import get_resolver

from apps.sharding import harvest
from project.preferences import AVAILABLE, CONSISTENT, CONSISTENT_FAMILIES, Preferred

# These only write, or serve files.
WRITES = {
    "accounts:sign-out",
    "posts:publish",
    "posts:like",
    "posts:unlike",
    "posts:repost",
    "posts:unrepost",
    "posts:bookmark",
    "posts:unbookmark",
    "posts:pin",
    "posts:unpin",
    "posts:upload",
    "posts:keep",
    "archives:ask",
    "polls:vote",
    "follows:follow",
    "follows:unfollow",
    "moderation:read",
    "api:end",
}


def names(patterns, space=""):
    for pattern in patterns:
        if not hasattr(pattern, "url_patterns"):
            yield f"{space}{pattern.name}" if pattern.name else None
        elif pattern.namespace != "admin":
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from names(pattern.url_patterns, inner)


def test_every_page_prefers_one_thing():
    every = set(names(get_resolver().url_patterns)) - {None}
    known = {name for name in every if not name.startswith(tuple(CONSISTENT_FAMILIES))}

    assert not AVAILABLE & CONSISTENT.keys()
    assert known - WRITES == AVAILABLE | CONSISTENT.keys()


@pytest.mark.parametrize(
    ("path", "certain"),
    [
        ("/accounts/sign-in", True),
        ("/moderation/people/ada", True),
        ("/admin/posts/post/", True),
        ("/accounts/second-factor/", True),
        ("/public", False),
        ("/@ada", False),
        ("/no/such/page", False),
        ("/api/v1/blocks", True),
        ("/api/v1/timelines/home", False),
    ],
)
def test_a_page_is_held_to_what_it_prefers(rf, path, certain):
    seen = []

    def page(request):
        seen.append(harvest.part("shard0", lambda: "asked", "") and harvest._current.get())

    Preferred(page)(rf.get(path)) if certain else None

    assert Preferred(page).must_be_certain(rf.get(path)) is certain
    assert seen == ([None] if certain else [])
