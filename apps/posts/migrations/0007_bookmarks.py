"""Posts that accounts keep, each on its account's shard."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0006_warnings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("account_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        models.F("account_id"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="posts_bookmark_newest",
                    ),
                    models.Index(fields=["post_id"], name="posts_bookmark_of_post"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account_id", "post_id"), name="posts_bookmark_once"
                    )
                ],
            },
        ),
    ]
