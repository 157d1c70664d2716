"""Remember which posts are still to arrive on all replicas."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("timelines", "0002_horizons_and_merged_authors"),)
    operations = (
        migrations.CreateModel(
            name="Arrival",
            fields=[
                ("post_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("position", models.BigIntegerField()),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
    )
