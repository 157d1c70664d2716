"""Hot queries on 200,000 posts: by an index, and few rows read for each one returned."""

import re
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from apps.accounts.models import Account
from apps.api.models import Application
from apps.events import dispatch
from apps.follows.models import Follow
from apps.indexing import hot, reports
from apps.posts import services as posts
from apps.posts.models import Post
from apps.sharding.conf import conf

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

SEED = ("seed_demo", "--accounts=4000", "--posts=200000", "--follows=80000")
# What the pages send beside the hot queries, and why none of it is hot.
NOT_HOT = {
    "pg_type": "asked once by each new connection",
    "django_session": "cached, and read by its primary key",
    "pg_last_wal_replay_lsn": "a replica's position, asked once in a while for all who read",
    "notifications_seen": "one row by its primary key, written when the page is opened",
}


def by_hand(shard):
    """Add what the demo data lacks: conversations and notifications of its busiest accounts."""
    with connections[shard].cursor() as cursor:
        cursor.execute(
            "INSERT INTO posts_reply (root_id, parent_id, reply_id)"
            " SELECT root.id, root.id, post.id FROM"
            " (SELECT id FROM posts_post WHERE repost_of_id IS NULL ORDER BY id LIMIT 20) AS root,"
            " LATERAL (SELECT id FROM posts_post WHERE id > root.id ORDER BY id LIMIT 500) AS post"
        )
        cursor.execute(
            "INSERT INTO notifications_notification"
            " (id, account_id, kind, actor_id, post_id)"
            " SELECT id, author_id, 'like', author_id + 1, id"
            " FROM posts_post WHERE repost_of_id IS NULL ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "INSERT INTO pictures_picture (id, author_id, post_id, place, name, held, state, alt,"
            " focus_x, focus_y, width, height, bytes)"
            " SELECT id, author_id, id, 0, id || '.webp', false, 2, '', 0, 0, 800, 600, 1"
            " FROM posts_post WHERE repost_of_id IS NULL"
        )
        cursor.execute(
            "INSERT INTO posts_bookmark (id, account_id, post_id)"
            " SELECT id, author_id, id FROM posts_post WHERE repost_of_id IS NULL"
        )
        cursor.execute(
            "INSERT INTO posts_draft (id, author_id, key, change_id, text, warning, audience,"
            " picture_ids, parts) SELECT id, author_id, id::text, id, 'begun', '', 0, '[]', '{}'"
            " FROM posts_post WHERE repost_of_id IS NULL"
        )
        cursor.execute(
            "INSERT INTO posts_version (post_id, number, text, warning, written_at)"
            " SELECT id, 0, 'before', '', now() FROM posts_post WHERE repost_of_id IS NULL"
        )
        cursor.execute(
            "INSERT INTO posts_pin (author_id, post_id)"
            " SELECT author_id, max(id) FROM posts_post WHERE repost_of_id IS NULL GROUP BY 1"
        )
        cursor.execute(
            "INSERT INTO posts_named (post_id, account_id)"
            " SELECT id, author_id + 1 FROM posts_post WHERE repost_of_id IS NULL"
        )
        cursor.execute("UPDATE posts_post SET pictures = 1 WHERE repost_of_id IS NULL")
        cursor.execute(
            "INSERT INTO api_marker (account_id, timeline, last_read_id, version, updated_at)"
            " SELECT id, unnest(ARRAY['home', 'notifications']), 1, 1, now() FROM accounts_profile"
        )


def tokens():
    """Give every account a token."""
    app = Application.objects.create(name="Nest")
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO oauth2_provider_accesstoken (user_id, application_id, token,"
            " token_checksum, scope, expires, created, updated, resource)"
            " SELECT id, %s, '', md5(id::text), 'read', now(), now(), now(), '[]'"
            " FROM accounts_account",
            [app.pk],
        )


@pytest.fixture
def data():
    call_command(*SEED, stdout=StringIO())
    for shard in conf().shards:
        by_hand(shard)
    tokens()
    analyze()


def analyze():
    for alias in conf().primaries:
        with connections[alias].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def test_no_hot_query_reads_more_than_it_should(data, client):
    assert sum(Post.objects.using(shard).count() for shard in conf().shards) >= 200_000
    lines = list(reports.lines(list(hot.registered())))

    faults = [(line.query.name, line.alias, line.faults) for line in lines if line.faults]
    untried = {line.query.name for line in lines if line.cost is None}
    print(f"{len(lines)} statements of {len(hot.registered())} hot queries explained")
    assert faults == [], faults
    assert untried == set()
    the_check_itself_can_fail()
    the_command_says_so()
    the_pages_send_nothing_else(client)


def the_check_itself_can_fail():
    """Without its index a query is told, on the shard where that is missing only."""
    with connections["shard0"].cursor() as cursor:
        cursor.execute("DROP INDEX posts_post_by_author")
    found = {line.alias: line.faults for line in reports.lines(["posts.author_page"])}
    assert found["shard0"]
    assert not found["shard1"]


def the_command_says_so():
    out = StringIO()
    with pytest.raises(CommandError, match="read more than they should"):
        call_command("explain", "posts.author_page", stdout=out)
    assert re.search(r"reads (all of posts_post|[\d,]+ rows for 21 returned)", out.getvalue())
    call_command("explain", "posts.author_page", "--shard=shard1", stdout=out)
    with connections["shard0"].cursor() as cursor:
        cursor.execute("CREATE INDEX posts_post_by_author ON posts_post (author_id, id DESC)")


def fingerprint(sql):
    """Return a statement without its numbers, and lists of any length as one."""
    text = re.sub(r"\s+", " ", sql.partition("; SELECT pg_")[0]).strip()
    return re.sub(r"(%s|\d+)(, (%s|\d+))*", "?", text)


def the_pages_send_nothing_else(client):
    """Every statement of the main pages, uncached, is one of a hot query or excused above."""
    known = set()
    for query in hot.registered().values():
        for alias in conf().primaries:
            is_there = (query.is_on == hot.DIRECTORY) == (alias == conf().directory)
            args = query.sample(alias) if is_there else None
            if args is not None:
                known |= {fingerprint(one.sql) for one in hot.sent(query, alias, args)}
    rest = Counter(
        fingerprint(sql)
        for sql in sent_by_pages(client)
        if fingerprint(sql) not in known and not any(table in sql for table in NOT_HOT)
    )
    assert not rest, "\n".join(rest)


def sent_by_pages(client):
    from django.test import override_settings

    reader = Follow.objects.using("shard0").values_list("follower_id", flat=True).first()
    account = Account.objects.get(pk=reader)
    post = Post.objects.using("shard0").filter(repost_of_id=None).order_by("-id").first()
    author = Account.objects.get(pk=post.author_id)
    client.force_login(account)
    found = []

    def note(execute, sql, params, many, context):
        if sql.lstrip("( \n")[:6].upper() == "SELECT" and " FROM " in sql.replace("\n", " "):
            found.append(sql)
        return execute(sql, params, many, context)

    from contextlib import ExitStack

    with ExitStack() as stack, override_settings(CACHING_ENABLED=False):
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(note))
        pages = ("/", "/public", f"/@{author.username}", f"/@{author.username}/{post.pk}")
        for path in (*pages, "/notifications", "/tags/rooks"):
            assert client.get(path).status_code == 200, path
    return found


def test_wrong_input_is_told():
    with pytest.raises(CommandError, match="No hot query is called nonsense"):
        call_command("explain", "nonsense")
    with pytest.raises(CommandError, match="No shard is called shard9"):
        call_command("explain", "--shard=shard9")


def test_without_data_nothing_is_claimed():
    out = StringIO()

    call_command("explain", "posts.author_page", stdout=out)

    assert "no data to try it with" in out.getvalue()


def test_what_a_query_writes_is_undone(make_account):
    author = make_account(shard="shard0")
    posts.publish(author_id=author.pk, text="x")

    call_command("explain", "events.claim", "--shard=shard0", stdout=StringIO())

    assert dispatch.drain("shard0") > 0
