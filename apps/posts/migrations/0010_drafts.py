"""Drafts that accounts keep, each on its account's shard."""

import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0009_pins"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptDraft",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("author_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=64)),
                ("change_id", models.BigIntegerField()),
                ("text", models.TextField(blank=True)),
                ("warning", models.TextField(blank=True)),
                (
                    "audience",
                    models.SmallIntegerField(
                        choices=[(0, "Everybody"), (1, "Followers"), (2, "Who is named in it")]
                    ),
                ),
                ("in_reply_to_id", models.BigIntegerField(null=True)),
                ("picture_ids", models.JSONField(default=list)),
                ("parts", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "posts_draft",
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        models.F("author_id"),
                        models.OrderBy(models.F("change_id"), descending=True),
                        name="posts_draft_newest",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("author_id", "key"), name="posts_draft_once"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("text"), 5000
                        ),
                        name="posts_draft_text_length",
                    ),
                ],
            },
        ),
    ]
