"""Each shard's clock: hands out ticks that never repeat and never go back.

The clock is a sequence on the shard's primary that holds the last tick. It is set to the wall
clock wherever that is ahead, under an advisory lock held for microseconds; so a wall clock that
steps back, many processes in one millisecond and the 4,097th id in one all give new, larger ids.
"""

from django.db import DatabaseError, connections

# What an ordinary transaction needs: a row, its event and some to spare, in one round trip.
RESERVE = 8
NOT_OWNED = "RK001"

SQL = """
CREATE TABLE sharding_ownedbucket (
    bucket smallint PRIMARY KEY CHECK (bucket BETWEEN 0 AND 1023)
);
CREATE SEQUENCE sharding_clock AS bigint MINVALUE 0 START 0;

CREATE FUNCTION sharding_ticks(count integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    tick bigint;
    wall bigint := ((extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1136073600000) << 12;
BEGIN
    IF count NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'ticks come 1 to 1000000 at a time, not %', count;
    END IF;
    PERFORM pg_advisory_lock(1136073600, 0);
    BEGIN
        SELECT greatest(last_value + 1, wall) INTO tick FROM sharding_clock;
        PERFORM setval('sharding_clock', tick + count - 1);
    EXCEPTION WHEN query_canceled OR OTHERS THEN
        PERFORM pg_advisory_unlock(1136073600, 0);
        RAISE;
    END;
    PERFORM pg_advisory_unlock(1136073600, 0);
    RETURN tick;
END $$;

CREATE FUNCTION sharding_enter(wanted integer, count integer) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM sharding_ownedbucket WHERE bucket = wanted;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'bucket % is not on this shard', wanted USING ERRCODE = 'RK001';
    END IF;
    RETURN sharding_ticks(count);
END $$;
"""
REVERSE_SQL = """
DROP FUNCTION sharding_enter(integer, integer);
DROP FUNCTION sharding_ticks(integer);
DROP SEQUENCE sharding_clock;
DROP TABLE sharding_ownedbucket;
"""


def reserve(shard: str, count: int) -> range:
    """Return `count` ticks of this shard's clock that nobody else gets, rising."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT sharding_ticks(%s)", [count])
        first = int(cursor.fetchone()[0])
    return range(first, first + count)


def enter(shard: str, bucket: int) -> range:
    """Return a reserve of ticks if the shard owns `bucket`; a DatabaseError RK001 if not."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT sharding_enter(%s, %s)", [bucket, RESERVE])
        first = int(cursor.fetchone()[0])
    return range(first, first + RESERVE)


def is_foreign(error: DatabaseError) -> bool:
    """Tell whether a shard refused because the bucket is not its own."""
    return getattr(error.__cause__, "sqlstate", None) == NOT_OWNED
