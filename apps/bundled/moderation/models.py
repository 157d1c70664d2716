"""What moderation keeps: most of it on the shard of the account that it is about."""

from datetime import datetime
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from apps.bundled.moderation import matching
from apps.bundled.moderation.kinds import (
    AppealState,
    Bond,
    CaseKind,
    Deed,
    Pattern,
    Reason,
    Treatment,
    Verdict,
)
from apps.posts.texts import MOST_CODE_POINTS
from apps.sharding import ids
from apps.sharding.models import IdField, ShardedModel

MOST_REASON = 500
# A cached list depends on all rows of its table.
ALL = "'all'"


class Relation(ShardedModel):
    """An account mutes or blocks another one, or is blocked by it.

    Being blocked is a copy of the other's block, so that both sides know it on their own shards.
    """

    shard_keys = ("owner_id",)
    cache_tags: ClassVar = {"relations": "owner_id"}

    pk = models.CompositePrimaryKey("owner_id", "bond", "other_id")
    owner_id = models.BigIntegerField()
    bond = models.CharField(max_length=10, choices=Bond)
    other_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass


class Rule(models.Model):
    """What staff do not want to read, and what becomes of it (directory)."""

    cache_tags: ClassVar = {"rules": ALL}

    position = models.PositiveIntegerField(
        default=100,
        help_text="Lower ones are looked at first; the first that finds something acts.",
    )
    kind = models.CharField(max_length=10, choices=Pattern, default=Pattern.WORD)
    pattern = models.CharField(
        max_length=500,
        help_text="Case, accents of width and invisible characters do not matter for words.",
    )
    treatment = models.CharField(max_length=10, choices=Treatment, default=Treatment.HOLD)
    reason = models.CharField(max_length=200, help_text="Shown to the author, or to all readers.")
    is_on = models.BooleanField("in use", default=True)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return f"{self.kind} “{self.pattern}”: {self.treatment}"

    def clean(self) -> None:
        """Refuse what cannot be looked for."""
        try:
            matching.compiled(self.kind, self.pattern)
        except ValueError as error:
            raise ValidationError({"pattern": str(error)}) from error


class Suspension(models.Model):
    """An account may not sign in, and nobody sees it (directory).

    What follows from the newest of the account's actions; `until` None is for good.
    """

    cache_tags: ClassVar = {"suspensions": ALL}

    account_id = models.BigIntegerField(primary_key=True)
    action_id = models.BigIntegerField()
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=MOST_REASON)

    def __str__(self) -> str:
        return f"suspension of {self.account_id}"


class Case(ShardedModel):
    """Something for staff to decide: a reported post or account, a held or a marked text."""

    shard_keys = ("id", "account_id")

    id = IdField(of="account_id")
    account_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=CaseKind)
    post_id = models.BigIntegerField(null=True)
    in_reply_to_id = models.BigIntegerField(null=True)
    # As it was when the case was opened, or as it waits to be published.
    text = models.TextField(blank=True)
    # Tells the held texts of an account apart.
    digest = models.CharField(max_length=32, blank=True)
    # Pictures that are kept for it until it is decided.
    picture_ids = models.JSONField(default=list, db_default=[], blank=True)
    # For whom it is to be published.
    audience = models.SmallIntegerField(default=0, db_default=0)
    # What it is to warn of.
    warning = models.TextField(blank=True, default="", db_default="")
    # What plugins are to keep with it.
    extras = models.JSONField(default=dict, db_default={}, blank=True)
    why = models.CharField(max_length=MOST_REASON, blank=True)
    reports = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.OPEN)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta(ShardedModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["account_id", "kind", "post_id", "digest"],
                condition=Q(verdict="open"),
                nulls_distinct=False,
                name="moderation_one_open_case",
            ),
            models.CheckConstraint(
                condition=models.lookups.LessThanOrEqual(
                    models.functions.Length("text"), MOST_CODE_POINTS
                ),
                name="moderation_case_text_length",
            ),
        )
        indexes = (
            models.Index(F("id").desc(), condition=Q(verdict="open"), name="moderation_open_cases"),
            models.Index(F("account_id"), F("id").desc(), name="moderation_cases_of"),
        )

    def __str__(self) -> str:
        return f"case {self.pk}"

    @property
    def opened_at(self) -> datetime:
        """When it was opened; its id says so."""
        return ids.time_of(self.pk)


class Report(ShardedModel):
    """Somebody reports a post or (`post_id` 0) an account, once."""

    shard_keys = ("account_id",)

    pk = models.CompositePrimaryKey("account_id", "post_id", "reporter_id")
    account_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    reporter_id = models.BigIntegerField()
    case_id = models.BigIntegerField(db_index=True)
    reason = models.CharField(max_length=10, choices=Reason)
    comment = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ShardedModel.Meta):
        pass


class Action(ShardedModel):
    """One line of the audit log: who (`by_id`) did what to an account, when (its id) and why.

    Lines are only added.
    """

    # Whoever decided may leave: what was decided stays.
    outlives: ClassVar = ("by_id",)
    shard_keys = ("id", "account_id")
    cache_tags: ClassVar = {"actions": "account_id"}

    id = IdField(of="account_id")
    account_id = models.BigIntegerField()
    by_id = models.BigIntegerField()
    deed = models.CharField(max_length=10, choices=Deed)
    reason = models.CharField(max_length=1000, blank=True)
    until = models.DateTimeField(null=True)
    case_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    text = models.TextField(blank=True)
    # What is appealed against, or answered to.
    about_id = models.BigIntegerField(null=True)

    class Meta(ShardedModel.Meta):
        indexes = (models.Index(F("account_id"), F("id").desc(), name="moderation_actions_of"),)
        verbose_name = "line of the audit log"
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"action {self.pk}"

    @property
    def at(self) -> datetime:
        """When it was done; its id says so."""
        return ids.time_of(self.pk)


class Acknowledged(ShardedModel):
    """An account has read what it was told of up to an action."""

    shard_keys = ("account_id",)
    cache_tags: ClassVar = {"acknowledged": "account_id"}

    account_id = models.BigIntegerField(primary_key=True)
    action_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass


class Appeal(ShardedModel):
    """An account's answer to an action, whose id it has: so there is one at most."""

    shard_keys = ("id", "account_id")

    id = models.BigIntegerField(primary_key=True)
    account_id = models.BigIntegerField()
    text = models.CharField(max_length=2000)
    made_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=AppealState, default=AppealState.OPEN)
    answer = models.CharField(max_length=1000, blank=True)
    answered_by = models.BigIntegerField(null=True)

    class Meta(ShardedModel.Meta):
        indexes = (
            models.Index(F("id").desc(), condition=Q(state="open"), name="moderation_open_appeals"),
        )

    def __str__(self) -> str:
        return f"appeal {self.pk}"
