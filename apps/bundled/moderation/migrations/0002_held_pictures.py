"""Keep the pictures of a held draft beside its text."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("moderation", "0001_moderation"),)
    operations = (
        migrations.AddField(
            "Case", "picture_ids", models.JSONField(blank=True, db_default=[], default=list)
        ),
    )
