"""Triggers by which a shard refuses rows of buckets that it does not own.

A process with an old bucket map cannot write to the wrong place: it gets an error. The check is
one statement for each statement, over the rows that it wrote, so that a fan-out of thousands of
rows costs one anti-join. Only rows of buckets that are leaving are looked at closer.
"""

from django.apps import apps
from django.db import connections

from apps.sharding.clock import NOT_OWNED
from apps.sharding.conf import conf
from apps.sharding.models import Bucket, EverywhereModel, ShardedModel

# The setting by which whoever moves buckets writes rows that a shard does not own.
MOVER = "sharding.mover"
FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stranger bigint;
BEGIN
    PERFORM 1 FROM changed WHERE NOT EXISTS (
        SELECT 1 FROM sharding_ownedbucket AS owned
        WHERE owned.bucket = ((changed.{key} >> 12) & 1023)::smallint AND NOT owned.leaving
    ) LIMIT 1;
    IF NOT FOUND OR current_setting('{mover}', true) = 'on' THEN
        RETURN NULL;
    END IF;
    SELECT touched.bucket INTO stranger
    FROM (SELECT DISTINCT (changed.{key} >> 12) & 1023 AS bucket FROM changed) AS touched
    WHERE NOT sharding_owns(touched.bucket::integer) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'bucket % of {table} is not on this shard', stranger
            USING ERRCODE = '{code}';
    END IF;
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER guard_{verb} AFTER {verb} ON {table}
REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard();
"""

# For SQL over all rows of a shard: that a row's bucket is its own; that it stays, too.
OWN = """EXISTS (
    SELECT 1 FROM sharding_ownedbucket AS owned
    WHERE owned.bucket = (({key} >> 12) & 1023)::smallint
)"""
STAYS = f"{OWN[:-2]} AND NOT owned.leaving)"


def sharded_models() -> list[type[ShardedModel]]:
    """Return every model whose rows live on one shard each."""
    models = (model for model in apps.get_models() if issubclass(model, ShardedModel))
    return [model for model in models if not issubclass(model, EverywhereModel)]


def install(shard: str) -> None:
    """Put the guards on every sharded table of this shard, anew where they are there."""
    with connections[shard].cursor() as cursor:
        for model in sharded_models():
            names = {"table": model._meta.db_table, "key": model.shard_keys[0]}
            cursor.execute(FUNCTION.format(**names, code=NOT_OWNED, mover=MOVER))
            for verb, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
                cursor.execute(TRIGGER.format(**names, verb=verb, rows=rows))


def hand_over(shard: str) -> int:
    """Hand a shard that owns no bucket yet those that the map names it for; returns how many."""
    numbers = Bucket.objects.using(conf().directory).filter(shard=shard)
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sharding_ownedbucket")
        if cursor.fetchone()[0]:
            return 0
        mine = list(numbers.values_list("number", flat=True))
        cursor.execute("INSERT INTO sharding_ownedbucket SELECT unnest(%s::smallint[])", [mine])
    return len(mine)
