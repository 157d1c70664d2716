"""A post may say what is in it before it shows that."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("posts", "0005_audiences"),)
    operations = (
        migrations.AddField(
            "Post", "warning", models.TextField(blank=True, default="", db_default="")
        ),
    )
