import pytest
from django.utils import timezone

from apps.events.models import Delivery, Event
from apps.notifications import selectors


@pytest.fixture
def two(make_account):
    """Ada on one shard, wren on the other."""
    return make_account("ada", shard="shard0"), make_account("wren", shard="shard1")


@pytest.fixture
def deliver_again(deliver):
    """Return a function that delivers every event of the log once more, the newest first."""

    def run():
        for shard in ("shard0", "shard1"):
            Delivery.objects.using(shard).update(state="waiting", next_at=timezone.now())
            Event.objects.using(shard).update(handed_at=None, finished_at=None)
        return deliver()

    return run


def told(account):
    """What an account is notified of, newest first: kind, who, which post."""
    page = selectors.page(account.pk, before=None)
    return [
        (card.kind.value, card.actor.username, card.post and card.post.id) for card in page.items
    ]
