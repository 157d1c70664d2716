"""Which request an event follows from; rows of older code have none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("events", "0003_index_log"),)
    operations = (
        migrations.AddField(
            "Event", "request_id", models.CharField(max_length=185, default="", db_default="")
        ),
    )
