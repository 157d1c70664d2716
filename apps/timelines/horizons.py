"""Horizons: a timeline keeps its newest entries; what is below its horizon is merged at read."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connections

from apps.follows import selectors as follows
from apps.sharding import bulk, directory
from apps.sharding.ids import bucket_of
from apps.timelines.models import Horizon

# So many accounts are trimmed in one transaction.
SLICE = 200

# In the order of accounts, so that two of these never wait for each other in a circle.
RAISE = """
INSERT INTO timelines_horizon AS kept (account_id, post_id)
SELECT account.id, %s FROM ({accounts}) AS account(id) ORDER BY 1
ON CONFLICT (account_id) DO UPDATE SET post_id = excluded.post_id
WHERE kept.post_id < excluded.post_id
"""

# From one account to the next by the index, without reading the entries between.
ACCOUNTS = """
WITH RECURSIVE account(id) AS (
    (SELECT account_id FROM timelines_entry WHERE account_id > %s ORDER BY account_id LIMIT 1)
    UNION ALL
    SELECT (SELECT account_id FROM timelines_entry WHERE account_id > account.id
            ORDER BY account_id LIMIT 1)
    FROM account WHERE id IS NOT NULL
)
SELECT id FROM account WHERE id IS NOT NULL LIMIT %s
"""

# One statement, one snapshot: an entry that commits meanwhile stays, and does no harm below the
# horizon, where it is read once more with its author's posts.
TRIM = """
WITH cut AS (
    SELECT account.id AS account_id, lowest.post_id
    FROM unnest(%(accounts)s::bigint[]) AS account(id)
    CROSS JOIN LATERAL (
        SELECT post_id FROM timelines_entry WHERE account_id = account.id
        ORDER BY post_id DESC OFFSET %(keep)s - 1 LIMIT 1
    ) AS lowest
    WHERE EXISTS (
        SELECT FROM timelines_entry AS entry
        WHERE entry.account_id = account.id AND entry.post_id < lowest.post_id
    )
), raised AS (
    INSERT INTO timelines_horizon AS kept (account_id, post_id)
    SELECT account_id, post_id FROM cut ORDER BY 1
    ON CONFLICT (account_id) DO UPDATE SET post_id = excluded.post_id
    WHERE kept.post_id < excluded.post_id
)
DELETE FROM timelines_entry AS entry USING cut
WHERE entry.account_id = cut.account_id AND entry.post_id < cut.post_id
"""


def raise_own(shard: str, account_id: int, post_id: int) -> None:
    """Raise the horizon of one account to a post, in its transaction on its shard."""
    with connections[shard].cursor() as cursor:
        cursor.execute(RAISE.format(accounts="SELECT %s::bigint"), [post_id, account_id])


def raise_followers(shard: str, author_id: int, post_id: int) -> None:
    """Raise the horizons of all the author's followers on a shard to a post."""
    followers = follows.followers_on(shard, author_id).query
    sql, params = followers.get_compiler(using=shard).as_sql()
    with connections[shard].cursor() as cursor:
        cursor.execute(RAISE.format(accounts=sql), [post_id, *params])


def load(rows: Iterable[tuple[int, int]]) -> int:
    """Store many horizons (account id, post id) at once; returns how many."""
    return bulk.load(Horizon, ("account_id", "post_id"), rows)


def trim(shard: str) -> int:
    """Trim all timelines of a shard to the bound, slice by slice; returns how many entries went."""
    count, after = 0, 0
    strangers = directory.strangers_on(shard)
    while accounts := _accounts_after(shard, after):
        own = [account_id for account_id in accounts if bucket_of(account_id) not in strangers]
        with connections[shard].cursor() as cursor:
            cursor.execute(TRIM, {"accounts": own, "keep": settings.TIMELINES_KEEP})
            count += cursor.rowcount
        after = accounts[-1]
    return count


def _accounts_after(shard: str, after: int) -> list[int]:
    with connections[shard].cursor() as cursor:
        cursor.execute(ACCOUNTS, [after, SLICE])
        return [account_id for (account_id,) in cursor.fetchall()]
