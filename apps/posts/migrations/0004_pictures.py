"""Note how many pictures a post has. No check: it would read every post under a lock."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("posts", "0003_sendings"),)
    operations = (
        migrations.AddField("Post", "pictures", models.SmallIntegerField(default=0, db_default=0)),
    )
