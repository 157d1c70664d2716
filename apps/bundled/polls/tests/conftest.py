from datetime import timedelta

import pytest
from django.utils import timezone

from apps.api.tests.conftest import app, ask, token_of
from apps.bundled.polls import questions
from apps.bundled.polls.models import Poll
from apps.posts import services as posts
from apps.sharding import shards

__all__ = ["app", "ask", "token_of"]  # fixtures


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard1")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard0")


@pytest.fixture
def asks():
    """Return a function that publishes a post with a poll."""

    def publish(account, titles=("tea", "coffee", "water"), *, multiple=False, **fields):
        extras = questions.to_extras(questions.question(titles, 3600, multiple=multiple))
        said = {"text": "what to drink?", **fields}
        return posts.publish(author_id=account.pk, extras=extras, **said)

    return publish


@pytest.fixture
def ended():
    """Return a function that has the end of a post's poll be a moment ago."""

    def end(post):
        with shards.atomic_for(post.pk):
            past = timezone.now() - timedelta(seconds=1)
            Poll.objects.filter(post_id=post.pk).update(ends_at=past)

    return end
