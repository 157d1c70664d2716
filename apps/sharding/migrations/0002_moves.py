from django.db import migrations, models

SQL = """
ALTER TABLE sharding_ownedbucket
    ADD COLUMN leaving boolean NOT NULL DEFAULT false,
    ADD COLUMN fenced_until timestamptz;

-- Whoever writes to a bucket that is leaving holds this lock until its commit, so a mover that takes
-- it alone knows that nobody writes; who waited for it looks again.
CREATE FUNCTION sharding_owns(wanted integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    is_leaving boolean;
    is_fenced boolean;
BEGIN
    SELECT leaving, coalesce(fenced_until > clock_timestamp(), false) INTO is_leaving, is_fenced
    FROM sharding_ownedbucket WHERE bucket = wanted;
    IF is_leaving THEN
        PERFORM pg_advisory_xact_lock_shared(1136073601, wanted);
        SELECT coalesce(fenced_until > clock_timestamp(), false) INTO is_fenced
        FROM sharding_ownedbucket WHERE bucket = wanted;
    END IF;
    RETURN FOUND AND NOT is_fenced;
END $$;

CREATE OR REPLACE FUNCTION sharding_enter(wanted integer, count integer) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT sharding_owns(wanted) THEN
        RAISE EXCEPTION 'bucket % is not on this shard', wanted USING ERRCODE = 'RK001';
    END IF;
    RETURN sharding_ticks(count);
END $$;
"""
REVERSE_SQL = """
CREATE OR REPLACE FUNCTION sharding_enter(wanted integer, count integer) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM sharding_ownedbucket WHERE bucket = wanted;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'bucket % is not on this shard', wanted USING ERRCODE = 'RK001';
    END IF;
    RETURN sharding_ticks(count);
END $$;
DROP FUNCTION sharding_owns(integer);
ALTER TABLE sharding_ownedbucket DROP COLUMN leaving, DROP COLUMN fenced_until;
"""


class Migration(migrations.Migration):
    dependencies = (("sharding", "0001_bucket_map_and_clock"),)
    operations = (
        migrations.CreateModel(
            "Epoch",
            [
                (
                    "shard",
                    models.CharField(max_length=63, primary_key=True, serialize=False),
                ),
                ("moves", models.PositiveIntegerField(default=0)),
                ("changes", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            "bucket", "also_on", models.CharField(blank=True, default="", max_length=63)
        ),
        migrations.AddField("bucket", "since_timeline", models.BigIntegerField(default=0)),
        migrations.AddField("bucket", "since_lsn", models.BigIntegerField(default=0)),
        migrations.RunSQL(SQL, REVERSE_SQL, hints={"sharded": True}),
    )
