"""Find what an account has liked by the account, the newest posts first: built while people like."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = (("posts", "0011_extras"),)
    operations = (
        AddIndexConcurrently(
            "like",
            models.Index(
                models.F("account_id"),
                models.OrderBy(models.F("post_id"), descending=True),
                name="posts_like_newest_of",
            ),
        ),
    )
