"""Note when a post has arrived everywhere."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("posts", "0001_posts"),)
    operations = (migrations.AddField("Post", "arrived_at", models.DateTimeField(null=True)),)
