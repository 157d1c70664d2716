"""The post that its author shows first."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0008_edits"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pin",
            fields=[
                ("author_id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "post",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="posts.post"),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
    ]
