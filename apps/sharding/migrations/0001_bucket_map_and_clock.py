from django.db import migrations, models

from apps.sharding import clock


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Bucket",
            fields=[
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("shard", models.CharField(db_index=True, max_length=63)),
            ],
            options={
                "ordering": ("number",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__lt", 1024)),
                        name="sharding_bucket_number_range",
                    )
                ],
            },
        ),
        migrations.RunSQL(clock.SQL, clock.REVERSE_SQL, hints={"sharded": True}),
    )
