"""The words of moderation: what may be done, reported, decided."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Bond(models.TextChoices):
    """What one account is to another, seen from its own side."""

    MUTES = "mutes"
    BLOCKS = "blocks"
    BLOCKED_BY = "blocked-by"


class Pattern(models.TextChoices):
    """How a rule finds what it looks for."""

    WORD = "word", "whole word"
    PHRASE = "phrase", "words in this order"
    REGEX = "regex", "regular expression"


class Treatment(models.TextChoices):
    """What becomes of a text in which a rule finds something."""

    REFUSE = "refuse", "refuse it, with the reason"
    HOLD = "hold", "hold it for review"
    MARK = "mark", "publish it, marked with the reason, and list it for review"


class Reason(models.TextChoices):
    """Why somebody reports."""

    SPAM = "spam", _("Spam or advertising")
    ABUSE = "abuse", _("Insult, threat or harassment")
    HATE = "hate", _("Hatred against a group")
    ILLEGAL = "illegal", _("Against the law")
    OTHER = "other", _("Something else")


class CaseKind(models.TextChoices):
    """How a case came into the queue."""

    REPORTED = "reported", "reported"
    HELD = "held", "held by a rule"
    MARKED = "marked", "marked by a rule"


class Verdict(models.TextChoices):
    """What staff decide on a case; until then it is open."""

    OPEN = "open", "open"
    DISMISS = "dismiss", "dismiss: nothing is wrong"
    REMOVE = "remove", "remove the post"
    WARN = "warn", "warn the account"
    SUSPEND = "suspend", "suspend the account"
    PUBLISH = "publish", "publish the held post"
    REFUSE = "refuse", "refuse the held post"


class AppealState(models.TextChoices):
    """What became of an appeal."""

    OPEN = "open", "not answered yet"
    UPHELD = "upheld", "upheld: the action is taken back"
    DENIED = "denied", "denied: the action stands"


class Deed(models.TextChoices):
    """What the audit log knows of."""

    DISMISSED = "dismissed", _("report dismissed")
    REMOVED = "removed", _("post removed")
    WARNED = "warned", _("account warned")
    SUSPENDED = "suspended", _("account suspended")
    LIFTED = "lifted", _("suspension lifted")
    PUBLISHED = "published", _("held post published")
    REFUSED = "refused", _("held post refused")
    APPEALED = "appealed", _("appeal made")
    UPHELD = "upheld", _("appeal upheld")
    DENIED = "denied", _("appeal denied")
    RULED = "ruled", "word rule changed"
    CHANGED = "changed", "changed in admin"


# What its account is told of on its next page, and what it may appeal.
TOLD = (
    Deed.REMOVED,
    Deed.WARNED,
    Deed.SUSPENDED,
    Deed.LIFTED,
    Deed.PUBLISHED,
    Deed.REFUSED,
    Deed.UPHELD,
    Deed.DENIED,
)
APPEALABLE = (Deed.WARNED, Deed.SUSPENDED, Deed.REMOVED, Deed.REFUSED)
