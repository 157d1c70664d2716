"""Effect once: the event's id is stored in the transaction of what the event causes."""

from django.db import connections

from apps.events.models import Receipt
from apps.sharding import shards


def first_time(owner_id: int, event_id: int, effect: str) -> bool:
    """Tell whether this event has not yet had this effect on the owner's rows.

    Call it inside the owner's transaction, before the effect: the receipt and the effect commit
    together, so a second delivery finds the receipt and leaves the rows alone.
    """
    opened = shards.require("A receipt")
    with connections[opened.shard].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Receipt._meta.db_table} (owner_id, event_id, effect) "
            "VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [owner_id, event_id, effect],
        )
        return bool(cursor.rowcount == 1)
