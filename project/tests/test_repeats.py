"""A request that meets its primary's last moment, as whoever sent it sees it."""

import psycopg
import pytest
from django.db import OperationalError, transaction

from apps.posts import services as posts
from apps.posts.errors import TextRefused
from apps.posts.models import Post

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def author(client, make_account, settings):
    settings.REPLICATION_FAILOVER_SECONDS = 5
    account = make_account("ada", shard="shard0")
    client.force_login(account)
    return account


@pytest.fixture
def publish(monkeypatch):
    """Return a function that has `publish` fail so many times, before or after its commit."""
    real, calls = posts.publish, []

    def fail(times, *, after_commit=False, then=None):
        def failing(**fields):
            calls.append(fields["text"])
            if len(calls) > times:
                if then is not None:
                    raise then
                return real(**fields)
            if after_commit:
                real(**fields)
            gone = OperationalError("server closed the connection unexpectedly")
            raise gone from psycopg.OperationalError("gone")

        monkeypatch.setattr(posts, "publish", failing)
        return calls

    return fail


def texts():
    return [post.text for post in Post.objects.scatter()]


def test_a_post_that_lost_its_primary_before_the_commit_is_out_once(client, author, publish):
    calls = publish(2)

    answer = client.post("/posts/", {"text": "hello"})

    assert (answer.status_code, answer.url) == (302, "/")
    assert calls == ["hello"] * 3
    assert texts() == ["hello"]


def test_a_post_that_may_be_stored_is_not_sent_again(client, author, publish):
    calls = publish(1, after_commit=True)

    answer = client.post("/posts/", {"text": "hello"})

    assert answer.status_code == 503
    assert "hello" in answer.text
    assert calls == ["hello"]
    assert texts() == ["hello"]


def test_what_the_second_attempt_refuses_is_the_answer(client, author, publish):
    publish(1, then=TextRefused("Too long."))

    answer = client.post("/posts/", {"text": "hello"})

    assert answer.status_code == 422
    assert "Too long." in answer.text


def test_without_another_primary_the_draft_comes_back_at_once(client, author, publish, settings):
    settings.REPLICATION_FAILOVER_SECONDS = 0
    calls = publish(9)

    answer = client.post("/posts/", {"text": "hello"})

    assert answer.status_code == 503
    assert "hello" in answer.text
    assert calls == ["hello"]
    assert transaction.get_connection("shard0").needs_rollback is False
