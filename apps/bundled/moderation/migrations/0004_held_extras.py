"""Keep what plugins keep with a held draft."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("moderation", "0003_held_audiences"),)
    operations = (
        migrations.AddField(
            "Case", "extras", models.JSONField(blank=True, db_default={}, default=dict)
        ),
    )
