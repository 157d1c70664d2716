"""Buckets that move while they are written to: no harm at all, if all goes well."""

from apps.drills.drill import Drill
from apps.drills.site import HARMED, Site

# The buckets that were written to most of late.
BUSY = """
SELECT (id >> 12) & 1023 FROM events_event
WHERE id > (SELECT max(id) FROM events_event) - (60000::bigint << 22)
GROUP BY 1 ORDER BY count(*) DESC LIMIT {number}
"""
STALLS = "SELECT id, jsonb_array_length(buckets), round(stall_ms) FROM moves_move ORDER BY id"
NUMBER = 8
GROWN = 4


def _move(site: Site) -> None:
    rows = site.primary(HARMED).ask(BUSY.format(number=NUMBER))
    site.manage("shards", "move", *(str(b) for (b,) in rows), "--to", "shard1", "--keep", "3")
    _tell_stalls(site)


def _grow(site: Site) -> None:
    """Two empty shards come in; processes learn of them, then each shard gets its share."""
    site.cluster.grow(GROWN)
    site.manage("shards", "add")
    site.replace_web()
    for name in ("worker", "beat"):
        site.crew[name].terminate()
        site.crew[name].wait()
        site.start(name)
    site.manage("shards", "rebalance", "--keep", "3")
    _tell_stalls(site)
    site.notes.append(site.manage("shards", "list"))


def _verify(site: Site) -> None:
    site.notes.append(site.manage("shards", "verify").strip())


def _tell_stalls(site: Site) -> None:
    for number, buckets, stall in site.primary("directory").ask(STALLS):
        site.notes.append(f"move {number}: {buckets} buckets, writers waited {stall} ms")


DRILLS = (
    Drill(
        name="move",
        harms=f"the {NUMBER} busiest buckets of a shard move to another one",
        promises="no request fails, and each row is in one place, once",
        heals="every row is held against the map",
        harm=_move,
        heal=_verify,
        hold=1,
        gap=1,
        gap_ha=1,
        flawless=True,
    ),
    Drill(
        name="grow",
        harms=f"the site grows from two shards to {GROWN}, and its buckets are spread over them",
        promises="no request fails, and each row is in one place, once",
        heals="every row is held against the map",
        harm=_grow,
        heal=_verify,
        hold=1,
        gap=2,
        gap_ha=2,
        needs_http=True,
        flawless=True,
    ),
)
