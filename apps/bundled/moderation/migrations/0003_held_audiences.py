"""Keep for whom a held draft is, and what it warns of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("moderation", "0002_held_pictures"),)
    operations = (
        migrations.AddField("Case", "audience", models.SmallIntegerField(default=0, db_default=0)),
        migrations.AddField(
            "Case", "warning", models.TextField(blank=True, default="", db_default="")
        ),
    )
