"""Partition the event log and the receipts by week, on the event's id.

No row is copied: the table of before becomes the first fragment, up to the end of this week.
"""

from django.db import migrations

PARTITION = """
DO $$
DECLARE
    monday timestamp := date_trunc('week', now() AT TIME ZONE 'UTC') + interval '7 days';
    border bigint := ((extract(epoch FROM monday) * 1000)::bigint - 1136073600000) << 22;
BEGIN
    ALTER TABLE {table} RENAME TO {table}_first;
    ALTER TABLE {table}_first RENAME CONSTRAINT {table}_pkey TO {table}_first_pkey;
    CREATE TABLE {table} (LIKE {table}_first INCLUDING DEFAULTS) PARTITION BY RANGE ({column});
    ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key});
    EXECUTE format(
        'ALTER TABLE {table} ATTACH PARTITION {table}_first FOR VALUES FROM (MINVALUE) TO (%s)',
        border
    );
END $$;
"""
EVENTS = PARTITION.format(table="events_event", column="id", key="id")
RECEIPTS = PARTITION.format(
    table="events_receipt", column="event_id", key="owner_id, event_id, effect"
)
WAITING = """
ALTER INDEX events_event_waiting RENAME TO events_event_first_waiting;
CREATE INDEX events_event_waiting ON events_event (id) WHERE finished_at IS NULL;
"""
WHOLE = """
CREATE TABLE {table}_whole (LIKE {table} INCLUDING DEFAULTS);
INSERT INTO {table}_whole SELECT * FROM {table};
DROP TABLE {table};
ALTER TABLE {table}_whole RENAME TO {table};
ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key});
"""


class Migration(migrations.Migration):
    dependencies = (("events", "0001_outbox"),)
    operations = (
        migrations.RunSQL(
            EVENTS + WAITING,
            WHOLE.format(table="events_event", key="id")
            + "CREATE INDEX events_event_waiting ON events_event (id) WHERE finished_at IS NULL;",
            hints={"sharded": True},
        ),
        migrations.RunSQL(
            RECEIPTS,
            WHOLE.format(table="events_receipt", key="owner_id, event_id, effect"),
            hints={"sharded": True},
        ),
    )
