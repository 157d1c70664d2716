"""Find accounts by how their names begin."""

from django.db import migrations, models
from django.db.models.functions import Collate, Lower


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_identity_and_preferences"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddIndex(
            "account",
            models.Index(Collate(Lower("username"), "C"), name="accounts_username_begin"),
        ),
    ]
