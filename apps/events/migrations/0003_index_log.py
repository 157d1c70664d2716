"""Find in the log what was finished since a moment, and what belongs to a key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("events", "0002_fragments"),)
    operations = (
        migrations.AddIndex(
            "Event", models.Index(fields=["finished_at"], name="events_event_finished")
        ),
        migrations.AddIndex(
            "Event", models.Index(fields=["key", "id"], name="events_event_of_key")
        ),
    )
