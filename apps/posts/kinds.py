"""For whom posts are."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Audience(models.IntegerChoices):
    """For whom a post is. Its author is always one of them."""

    PUBLIC = 0, _("Everybody")
    FOLLOWERS = 1, _("Followers")
    NAMED = 2, _("Who is named in it")
