"""What the databases have in the end, asked in plain SQL: not by the code that is under test."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from apps.cluster import processes
from apps.drills.site import Site

STORED = """
SELECT id, author_id, text FROM posts_post WHERE text LIKE '{run} %' ORDER BY author_id, id
"""
ARRIVED = """
SELECT p.post_id FROM timelines_entry p WHERE p.account_id = {reader}
"""
WAITING = "SELECT count(*) FROM events_event WHERE finished_at IS NULL"
DEAD = "SELECT count(*) FROM events_deadletter"
# Seconds for what waits in the outbox to be handed on: the sweep's pause, many times.
PATIENCE = 120


@dataclass(frozen=True)
class Ledger:
    """What became of acknowledged writes; `undelivered` are missing in a timeline."""

    lost: int
    doubled: int
    backwards: int
    undelivered: int
    dead: int


def settle(site: Site) -> None:
    """Wait until nothing waits in the outboxes; what waits for too long is noted."""

    def waiting() -> int:
        return sum(int(site.primary(name).ask(WAITING)[0][0]) for name in site.shards())

    if not processes.wait_for(lambda: not waiting(), PATIENCE, pause=0.5):
        site.notes.append(f"{waiting()} events still wait after {PATIENCE} s: does the worker run?")


def audit(site: Site, run: str, acknowledged: list[str], readers: Iterable[int]) -> Ledger:
    """Compare what was acknowledged, in its order, with what is there."""
    servers = [site.primary(name) for name in site.shards()]
    rows = [row for server in servers for row in server.ask(STORED.format(run=run))]
    count = Counter(text for _, _, text in rows)
    ids = {text: post_id for post_id, _, text in rows}
    wanted = {ids[text] for text in acknowledged if text in ids}
    arrived = [
        {post_id for server in servers for (post_id,) in server.ask(ARRIVED.format(reader=reader))}
        for reader in readers
    ]
    return Ledger(
        lost=sum(text not in ids for text in acknowledged),
        doubled=sum(times - 1 for times in count.values()),
        backwards=_backwards(ids, {text: author for _, author, text in rows}, acknowledged),
        undelivered=sum(len(wanted - found) for found in arrived),
        dead=sum(int(server.ask(DEAD)[0][0]) for server in servers),
    )


def _backwards(ids: dict[str, int], authors: dict[str, int], acknowledged: list[str]) -> int:
    """Count the posts whose id is not above that of the one that their author wrote before."""
    newest: dict[int, int] = {}
    found = 0
    for text in acknowledged:
        if text in ids:
            author = authors[text]
            found += ids[text] <= newest.get(author, 0)
            newest[author] = max(ids[text], newest.get(author, 0))
    return found
