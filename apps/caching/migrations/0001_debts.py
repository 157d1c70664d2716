"""Where a commit writes down the tags that it could not mark: on every primary."""

from django.db import migrations

CREATE = """
CREATE TABLE caching_debt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tag text NOT NULL
);
"""
DROP = "DROP TABLE caching_debt;"


class Migration(migrations.Migration):
    dependencies = ()
    operations = (
        migrations.RunSQL(CREATE, DROP, hints={"sharded": True}),
        migrations.RunSQL(CREATE, DROP),
    )
