"""The words of moderation: what may be done, reported, decided."""

from django.db import models


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

    SPAM = "spam", "Spam or advertising"
    ABUSE = "abuse", "Insult, threat or harassment"
    HATE = "hate", "Hatred against a group"
    ILLEGAL = "illegal", "Against the law"
    OTHER = "other", "Something else"


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

    DISMISSED = "dismissed", "report dismissed"
    REMOVED = "removed", "post removed"
    WARNED = "warned", "account warned"
    SUSPENDED = "suspended", "account suspended"
    LIFTED = "lifted", "suspension lifted"
    PUBLISHED = "published", "held post published"
    REFUSED = "refused", "held post refused"
    APPEALED = "appealed", "appeal made"
    UPHELD = "upheld", "appeal upheld"
    DENIED = "denied", "appeal denied"
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
