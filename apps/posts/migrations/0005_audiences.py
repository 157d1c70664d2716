"""Say for whom a post is. The index of public posts is made anew, without the others."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = (("posts", "0004_pictures"),)
    operations = (
        migrations.AddField(
            "Post",
            "audience",
            models.SmallIntegerField(
                choices=[(0, "Everybody"), (1, "Followers"), (2, "Who is named in it")],
                default=0,
                db_default=0,
            ),
        ),
        migrations.AddIndex(
            "Post",
            models.Index(
                F("id").desc(),
                condition=Q(repost_of_id=None, in_reply_to_id=None, audience=0),
                name="posts_post_for_all",
            ),
        ),
        migrations.RemoveIndex("Post", "posts_post_public"),
        migrations.CreateModel(
            name="Named",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "post_id",
                        "account_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                (
                    "post",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="posts.post",
                    ),
                ),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
    )
