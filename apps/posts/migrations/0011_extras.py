"""Note of which posts plugins keep something."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("posts", "0010_drafts"),)
    operations = (
        migrations.AddField("Post", "extras", models.BooleanField(db_default=False, default=False)),
    )
