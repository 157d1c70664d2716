"""A form that is sent twice posts once."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.events.models import Event
from apps.posts import sendings, services
from apps.posts.errors import AnotherDraft, NoSuchPost
from apps.posts.models import Post, Sending, Tally

pytestmark = pytest.mark.django_db(databases="__all__")
KEY = "0123456789abcdef"


def publish(account, text="once", key=KEY):
    return services.publish(author_id=account.pk, text=text, key=key)


def test_the_same_form_posts_once_and_gets_the_first_result(make_account):
    ada = make_account()

    first, second = publish(ada), publish(ada)

    assert second.pk == first.pk
    assert Post.objects.filter(author_id=ada.pk).count() == 1
    assert Tally.of(ada.pk)["posts"] == 1


def test_other_keys_other_accounts_and_no_key_post_each(make_account):
    ada, wren = make_account(shard="shard0"), make_account(shard="shard0")

    made = {publish(ada).pk, publish(ada, key="another-key").pk, publish(wren).pk}
    made |= {publish(ada, key="").pk, publish(ada, key="").pk}

    assert len(made) == 5


def test_another_text_under_a_key_that_has_posted_is_given_back(make_account):
    ada = make_account()
    publish(ada)

    with pytest.raises(AnotherDraft):
        publish(ada, text="second thoughts")


def test_what_was_posted_and_deleted_is_not_posted_again(make_account):
    ada = make_account()
    services.delete(post_id=publish(ada).pk)

    with pytest.raises(NoSuchPost):
        publish(ada)


def test_a_refused_draft_does_not_use_its_key_up(make_account):
    ada = make_account()
    with pytest.raises(NoSuchPost):
        services.publish(author_id=ada.pk, text="once", in_reply_to_id=ada.pk, key=KEY)

    assert publish(ada).text == "once"


def test_keys_expire(make_account):
    ada = make_account(shard="shard1")
    publish(ada), publish(ada, key="another-key")
    old = timezone.now() - sendings.KEPT - timedelta(minutes=1)
    Sending.objects.filter(author_id=ada.pk, key=KEY).update(sent_at=old)

    assert sendings.forget("shard1") == 1
    assert [row.key for row in Sending.objects.filter(author_id=ada.pk)] == ["another-key"]


def test_the_composer_carries_a_key_and_a_changed_draft_gets_a_new_one(client, make_account):
    ada = make_account()
    client.force_login(ada)
    form = client.get("/").context["compose_form"]
    key = form["key"].value()
    assert len(key) == 32
    client.post("/posts/", {"text": "once", "key": key})

    twice = client.post("/posts/", {"text": "once", "key": key})
    other = client.post("/posts/", {"text": "another", "key": key})

    assert twice.status_code == 302
    assert other.status_code == 409
    assert "out already" in other.text
    renewed = other.context["compose_form"]["key"].value()
    assert renewed not in ("", key)
    assert client.post("/posts/", {"text": "another", "key": renewed}).status_code == 302
    assert Post.objects.filter(author_id=ada.pk).count() == 2


@pytest.mark.parametrize("key", ["short", "x" * 65, "<script>", "a b c d e f"])
def test_a_key_that_no_form_of_ours_has_is_refused(client, make_account, key):
    client.force_login(make_account())

    assert client.post("/posts/", {"text": "once", "key": key}).status_code == 422
    assert Post.objects.scatter().count() == 0


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_many_sends_at_once_post_once(make_account):
    ada = make_account(shard="shard0")
    start, made = threading.Barrier(8), []

    def send():
        start.wait(10)
        try:
            made.append(publish(ada).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert len(set(made)) == 1
    assert Post.objects.filter(author_id=ada.pk).count() == 1
    told = Event.objects.using("shard0").filter(topic="posts.post-published.v1")
    assert told.count() == 1
