"""What an account may be notified of."""

from django.db import models


class Kind(models.TextChoices):
    """What somebody did."""

    LIKE = "like"
    REPLY = "reply"
    REPOST = "repost"
    FOLLOW = "follow"
    MENTION = "mention"
