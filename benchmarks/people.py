"""People and posts for benchmarks."""

import random
from typing import NamedTuple

FOLLOWED = 50


class Crowd(NamedTuple):
    """Addresses of pages, cookies of members who are signed in, and who writes."""

    profile: str
    thread: str
    cookies: list[str]
    author_id: int
    root_id: int

    def write(self, text: str, *, is_reply: bool) -> None:
        """Publish a post of the profile, or an answer in the thread."""
        from apps.posts import services as posts
        from apps.replication import scopes

        with scopes.scope():
            root_id = self.root_id if is_reply else None
            posts.publish(author_id=self.author_id, text=text, in_reply_to_id=root_id)


def crowd(*, members: int, authors: int, posts: int) -> Crowd:
    """Make authors with posts, and members who follow some of them."""
    from apps.accounts import services as accounts
    from apps.events import dispatch
    from apps.follows import services as follows
    from apps.posts import services as writing
    from apps.sharding.conf import conf

    rng = random.Random(1)
    made = [
        accounts.sign_up(username=f"u{n}", email=f"u{n}@bench.invalid", password=None)
        for n in range(authors + members)
    ]
    for reader in made[authors:]:
        for author in rng.sample(made[:authors], FOLLOWED):
            follows.follow(follower_id=reader.pk, followed_id=author.pk)
    for number in range(posts):
        author_id = made[number % authors].pk
        root = writing.publish(author_id=author_id, text=f"What I saw today: {number}.")
    while sum(dispatch.drain(shard) for shard in conf().shards):
        pass
    name = made[(posts - 1) % authors].username
    cookies = [_signed_in(reader) for reader in made[authors:]]
    return Crowd(f"/@{name}", f"/@{name}/{root.pk}", cookies, root.author_id, root.pk)


def look_around(*, accounts: int, posts: int, follows: int) -> dict[str, tuple[str, str]]:
    """Fill the site with demo data; return pages with who asks: (path, cookie), by name.

    They are as long on every site: of an author who fills them, and a post that nobody answered.
    """
    import os

    from django.core.management import call_command
    from django.db import connections
    from django.db.models import Count

    from apps.accounts.models import Account
    from apps.follows.models import Follow
    from apps.posts.models import Post, Reply
    from apps.posts.selectors import PAGE
    from apps.sharding.conf import conf

    counts = (f"--accounts={accounts}", f"--posts={posts}", f"--follows={follows}")
    with open(os.devnull, "w") as nowhere:
        call_command("seed_demo", *counts, stdout=nowhere)
    for alias in conf().primaries:
        with connections[alias].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    shard = conf().shards[0]
    follow = Follow.objects.using(shard).order_by("follower_id")[:1].get()
    reader = Account.objects.get(pk=follow.follower_id)
    written = Post.objects.using(shard).filter(repost_of_id=None, in_reply_to_id=None)
    counts_of = written.values("author_id").annotate(count=Count("id"))
    busy = counts_of.filter(count__gte=2 * PAGE).order_by("count", "author_id")[0]
    author = Account.objects.get(pk=busy["author_id"])
    answered = Reply.objects.using(shard).values("parent_id")
    post = written.filter(author_id=author.pk).exclude(id__in=answered).order_by("-id")[0]
    return {
        "public": ("/public", ""),
        "profile": (f"/@{author.username}", ""),
        "thread": (f"/@{author.username}/{post.pk}", ""),
        "home": ("/", _signed_in(reader)),
    }


def _signed_in(account: object) -> str:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(account)
    # A page of a member has a form, so its first answer sets the secret against forged ones.
    client.get("/", headers={"host": "127.0.0.1"})
    names = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    return "; ".join(f"{name}={client.cookies[name].value}" for name in names)
