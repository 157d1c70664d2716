"""Reading the event log: for what is kept elsewhere, and made anew from it when it is lost."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from apps.events import registry
from apps.events.models import Event as Row
from apps.events.registry import E
from apps.sharding import ids
from apps.sharding.conf import conf

CHUNK = 2000


def since(event: type[E], moment: datetime) -> Iterator[list[E]]:
    """Yield the events of one kind that were recorded since a moment, CHUNK at a time.

    They come shard by shard, from the primaries, each shard's in the order of their ids.
    """
    for shard in conf().shards:
        last = ids.first_at(moment) - 1
        rows = Row.objects.using(shard).filter(topic=event.topic).order_by("id")
        while found := list(rows.filter(id__gt=last).values_list("id", "payload")[:CHUNK]):
            last = found[-1][0]
            yield [cast(E, registry.restore(event.topic, payload)) for _, payload in found]
