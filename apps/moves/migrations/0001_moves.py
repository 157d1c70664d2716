from django.db import migrations, models

CREATE = """
CREATE TABLE moves_marker (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), move_id bigint NOT NULL);
-- Publications of several moves filter it at a time, by what is not its key.
ALTER TABLE moves_marker REPLICA IDENTITY FULL;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = (("sharding", "0002_moves"),)
    operations = (
        migrations.CreateModel(
            name="Move",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("buckets", models.JSONField()),
                ("source", models.CharField(max_length=63)),
                ("target", models.CharField(max_length=63)),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("planned", "tell every process that it begins"),
                            ("copying", "copy rows, and follow what changes"),
                            ("leaving", "wait for who writes already"),
                            ("fencing", "keep writers out, wait for the last rows"),
                            ("flipping", "change the map"),
                            ("opened", "end the replication"),
                            ("cleaning", "remove the old rows"),
                            ("done", "nothing"),
                            ("aborting", "take all back"),
                            ("aborted", "nothing"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("rows", models.BigIntegerField(default=0)),
                ("stall_ms", models.FloatField(null=True)),
                ("begun_at", models.DateTimeField(auto_now_add=True)),
                ("flipped_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.RunSQL(CREATE, "DROP TABLE moves_marker", hints={"sharded": True}),
    )
