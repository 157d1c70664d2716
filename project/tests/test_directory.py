"""The directory is one server for all shards, so what everybody does all day must not ask it.

Who is signed in, and may be, is cached in the grid; that is no leave to be wrong: what ends a
session ends it in all processes.
"""

from contextlib import ExitStack, contextmanager

import pytest
from django.core.cache import caches
from django.db import connections
from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.models import Account
from apps.bundled.moderation.tests import test_sight
from apps.cluster import processes
from apps.follows import services as follows
from apps.posts import services as posts
from apps.replication.conf import conf
from project.tests.visitor import Visitor

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def asked():
    """Return a context manager that lists the statements sent to the directory or its replicas."""

    @contextmanager
    def listing():
        found = []

        def note(execute, sql, *rest):
            found.append(sql)
            return execute(sql, *rest)

        with ExitStack() as stack:
            for alias in ("default", *conf().groups["default"]):
                stack.enter_context(connections[alias].execute_wrapper(note))
            yield found

    return listing


@pytest.fixture
def root(make_account, deliver):
    """A post of somebody who is followed, in the timeline of the member."""
    ada, ben = make_account("ada"), make_account("ben")
    follows.follow(follower_id=ben.pk, followed_id=ada.pk)
    post = posts.publish(author_id=ada.pk, text="from another shard, maybe")
    deliver()
    return post


@pytest.fixture
def member(root):
    client = Client()
    client.force_login(Account.objects.get(username="ben"))
    return client


PAGES = ("/", "/public", "/@ada", "/@ada/{post}", "/@ben", "/notifications")


@pytest.mark.parametrize("page", PAGES)
def test_a_signed_in_reader_does_not_ask_the_directory(member, root, asked, page):
    path = page.format(post=root.pk)
    assert member.get(path).status_code == 200

    with asked() as statements:
        answer = member.get(path)

    assert answer.status_code == 200
    assert statements == []


def test_nor_in_a_process_that_has_just_begun(member, asked):
    member.get("/")
    caches["default"].near.empty()

    with asked() as statements:
        assert "from another shard" in member.get("/").text

    assert statements == []


def test_nor_after_somebody_has_written(member, root, asked, deliver):
    member.get("/")
    posts.publish(author_id=root.author_id, text="the newest")
    deliver()

    with asked() as statements:
        assert "the newest" in member.get("/").text

    assert statements == []


def test_what_is_counted_here_is_there_when_nothing_is_cached(member, asked, settings):
    settings.CACHING_ENABLED = False

    with asked() as statements:
        member.get("/")

    assert any("accounts_account" in sql for sql in statements)


def change_password(account, make_account):
    accounts.set_password(account=account, password="another good long password")


def bar(account, make_account):
    accounts.set_active(accounts=Account.objects.filter(pk=account.pk), active=False)


def suspend(account, make_account):
    test_sight.suspend(account, make_account(is_staff=True))


def end_the_session(account, make_account):
    accounts.end_sessions(account_id=account.pk)


ENDINGS = (change_password, bar, suspend, end_the_session)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)
def test_what_ends_a_session_ends_it_in_all_processes(site, make_account, ending):
    visitor = Visitor(site.url)
    visitor.sign_up("carla")
    for _ in range(20):
        assert "Sign out" in visitor.get("/")

    ending(Account.objects.get(username="carla"), make_account)

    assert processes.wait_for(lambda: "Sign out" not in visitor.get("/"), 5)
    assert [n for n in range(40) if "Sign out" in visitor.get("/")] == []
