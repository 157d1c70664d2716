"""When a post has arrived: in every follower's timeline, and on every replica of its shard."""

import logging
from collections.abc import Sequence

from django.db import DatabaseError, connections

from apps.posts import services as posts
from apps.replication import positions
from apps.replication.conf import conf
from apps.timelines.models import Arrival

log = logging.getLogger(__name__)

BATCH = 1000

EXPECT = """
INSERT INTO timelines_arrival (post_id, position)
SELECT unnest(%s::bigint[]), pg_current_wal_lsn() - '0/0' ON CONFLICT DO NOTHING
"""


def expect(*, shard: str, post_ids: Sequence[int]) -> None:
    """Note posts of a shard that are in all timelines, and how far its primary is now."""
    with connections[shard].cursor() as cursor:
        cursor.execute(EXPECT, [list(post_ids)])


def confirm(shard: str) -> int:
    """Announce the posts of a shard that all of its replicas have; returns how many."""
    rows = Arrival.objects.using(shard).order_by("position").values_list("post_id", "position")
    waiting = dict(rows[:BATCH])
    replayed = _replayed(shard) if waiting else 0
    arrived = [pk for pk, position in waiting.items() if position <= replayed]
    if arrived:
        posts.arrive(shard=shard, post_ids=arrived)
        Arrival.objects.using(shard).filter(post_id__in=arrived).delete()
    return len(arrived)


def _replayed(shard: str) -> float:
    """Return the position that every replica of a shard has reached."""
    replicas = conf().groups.get(shard, ())
    try:
        return min((positions.ask(alias).lsn for alias in replicas), default=float("inf"))
    except DatabaseError as error:
        log.warning("A replica of %s is away; its posts arrive later: %s", shard, error)
        return 0
