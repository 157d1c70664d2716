from django.db import migrations, models

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


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Bucket",
            fields=[
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("shard", models.CharField(db_index=True, max_length=63)),
            ],
            options={
                "ordering": ("number",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__lt", 1024)),
                        name="sharding_bucket_number_range",
                    )
                ],
            },
        ),
        migrations.RunSQL(SQL, REVERSE_SQL, hints={"sharded": True}),
    )
