import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections, transaction

from apps.events.models import Event
from apps.notifications import selectors, services
from apps.notifications.kinds import Kind
from apps.notifications.models import Notification, Seen
from apps.sharding import shards

pytestmark = pytest.mark.django_db(databases="__all__")
AT_ONCE = 4


@pytest.fixture
def follow(two):
    """What wren's follow is to ada."""
    return {"account_id": two[0].pk, "kind": Kind.FOLLOW, "actor_id": two[1].pk}


def test_the_same_twice_is_one_notification_and_one_event(follow):
    for _ in range(2):
        services.notify(**follow)

    row = Notification.objects.get(account_id=follow["account_id"])
    event = Event.objects.get(key=follow["account_id"], topic="notifications.account-notified.v1")
    assert event.payload == {"account_id": row.account_id, "notification_id": row.pk}
    assert event.pk > row.pk


def test_withdrawing_what_is_not_there_does_nothing(follow):
    services.withdraw(**follow)
    services.notify(**follow)
    services.withdraw(**follow)

    assert not Notification.objects.filter(account_id=follow["account_id"]).exists()


def test_nobody_is_notified_of_their_own_deeds(two):
    ada = two[0].pk
    deed = {"account_id": ada, "kind": Kind.LIKE, "actor_id": ada, "post_id": ada}

    services.notify(**deed)
    services.reconcile(**deed, is_so=lambda: True)

    assert not Notification.objects.filter(account_id=ada).exists()


def test_a_refused_transaction_leaves_neither_notification_nor_event(follow):
    ada = follow["account_id"]
    with pytest.raises(RuntimeError), shards.atomic_for(ada):
        services.notify(**follow)
        raise RuntimeError

    assert not Notification.objects.filter(account_id=ada).exists()
    assert not Event.objects.filter(key=ada).exists()


@pytest.mark.parametrize(
    ("kind", "post_id"), [(Kind.FOLLOW, None), (Kind.FOLLOW, 5), (Kind.LIKE, None)]
)
def test_the_database_refuses_doubles_and_what_makes_no_sense(follow, two, kind, post_id):
    services.notify(**follow)
    ada = follow["account_id"]

    with pytest.raises(IntegrityError):
        with shards.atomic_for(ada) as opened, transaction.atomic(using=opened.shard):
            Notification.objects.create(
                account_id=ada, kind=kind, actor_id=two[1].pk, post_id=post_id
            )


def test_what_was_seen_never_becomes_unseen(two):
    ada = two[0].pk
    for up_to in (50, 70, 60):
        services.see(account_id=ada, up_to=up_to)

    assert Seen.objects.get(account_id=ada).seen_id == 70


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_many_at_once_make_one_notification(follow):
    barrier = threading.Barrier(AT_ONCE)

    def one(_):
        barrier.wait()
        services.notify(**follow)
        connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(AT_ONCE)))

    assert Notification.objects.filter(account_id=follow["account_id"]).count() == 1
    assert Event.objects.using("shard0").filter(topic__startswith="notifications").count() == 1


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_who_looks_and_who_takes_back_wait_for_each_other(follow):
    """A like is found to be there; before its notification is, it is taken back."""
    looked, so = threading.Event(), [True]

    def is_so_slowly():
        answer = so[0]
        looked.set()
        withdrawing.join(0.5)
        return answer

    def withdraw():
        looked.wait(5)
        so[0] = False
        services.reconcile(**follow, is_so=lambda: so[0])
        connections.close_all()

    withdrawing = threading.Thread(target=withdraw)
    withdrawing.start()
    services.reconcile(**follow, is_so=is_so_slowly)
    withdrawing.join(5)

    assert not Notification.objects.filter(account_id=follow["account_id"]).exists()


def test_at_most_a_hundred_are_counted(two, make_account):
    ada = two[0].pk
    with shards.atomic_for(ada):
        Notification.objects.bulk_create(
            Notification(account_id=ada, kind=Kind.LIKE, actor_id=number, post_id=number)
            for number in range(1, 103)
        )

    assert selectors.unread_count(ada) == 100
    newest = selectors.page(ada, before=None).unseen_id
    services.see(account_id=ada, up_to=newest - 1)
    assert selectors.unread_count(ada) == 1
