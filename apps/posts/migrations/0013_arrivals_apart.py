"""A column whose changes touch a tag of their own: whoever waits for migrations waits for that."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from apps.caching import triggers


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.install(schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = (("posts", "0012_newest_likes"),)

    operations = (migrations.RunPython(install, migrations.RunPython.noop),)
