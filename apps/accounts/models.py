"""Accounts in the directory, profiles on the shards; both carry the same id."""

import re
from datetime import datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Collate, Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.sharding import ids
from apps.sharding.models import ShardedModel

NAME = re.compile(r"^[A-Za-z0-9_]{1,30}\Z")
SESSION_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
USERNAME = RegexValidator(NAME.pattern, _("Use 1 to 30 letters (a to z), digits and underscores."))


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts the way that people write their names."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        """Return the account with this username, whatever its case."""
        return self.alias(lowered=Lower("username")).get(lowered=(username or "").lower())

    def create_superuser(self, username: str, email: str, password: str | None) -> "Account":
        """Sign up an account that may do everything (`manage.py createsuperuser`)."""
        from apps.accounts import services

        return services.sign_up(
            username=username,
            email=email,
            password=password,
            is_verified=True,
            is_staff=True,
            is_superuser=True,
        )


class Account(AbstractBaseUser, PermissionsMixin):
    """A person who signs in (directory). Names are unique here, over all shards."""

    cache_tags: ClassVar = {"name": "lower(username)", "account": "id"}
    # What ends all sessions when it changes, where it is known without the password.
    session_hash: str | None = None

    id = models.BigIntegerField(primary_key=True)
    username = models.CharField(max_length=30, validators=(USERNAME,))
    # Empty where the account has none.
    email = models.EmailField(blank=True)
    is_staff = models.BooleanField("may use the admin", default=False)
    is_active = models.BooleanField("may sign in", default=True)
    # Part of what sessions are signed with: another number, and all of them are over.
    session_epoch = models.PositiveIntegerField(default=0, db_default=0)
    # How its pages look; empty is what the browser asks for.
    language = models.CharField(max_length=8, blank=True, default="", db_default="")
    time_zone = models.CharField(max_length=64, blank=True, default="", db_default="")
    theme = models.CharField(max_length=5, blank=True, default="", db_default="")
    shortcuts = models.BooleanField(default=True, db_default=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("username"), name="accounts_username_taken"),
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="accounts_email_used"
            ),
        )
        indexes = (
            # Of names by how they begin, in whatever order the server sorts letters.
            models.Index(Collate(Lower("username"), "C"), name="accounts_username_begin"),
        )

    def __str__(self) -> str:
        return f"@{self.username}"

    def set_password(self, raw_password: str | None) -> None:
        """Take another password; nothing is stored."""
        super().set_password(raw_password)
        self.session_hash = None

    def get_session_auth_hash(self) -> str:
        """Return what a session must carry to be this account's."""
        return self.session_hash or super().get_session_auth_hash()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's hook for what a session depends on. The first epoch adds nothing to it.
        signed = f"{self.password}{self.session_epoch or ''}"
        return salted_hmac(SESSION_SALT, signed, secret=secret, algorithm="sha256").hexdigest()

    @property
    def joined_at(self) -> datetime:
        """When the account was made; its id says so."""
        return ids.time_of(self.pk)


class Tombstone(models.Model):
    """The name of an account that was deleted, in lower case: nobody takes it (directory)."""

    name = models.CharField(max_length=30, primary_key=True)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Profile(ShardedModel):
    """The public side of an account, on the account's shard."""

    shard_keys = ("id",)
    cache_tags: ClassVar = {"profile": "id"}

    id = models.BigIntegerField(primary_key=True)
    username = models.CharField(max_length=30)
    name = models.CharField(max_length=50, blank=True)
    bio = models.CharField(max_length=500, blank=True)
    picture = models.CharField(max_length=200, blank=True)

    class Meta(ShardedModel.Meta):
        indexes = (models.Index(Lower("username"), name="accounts_profile_username"),)

    def __str__(self) -> str:
        return f"@{self.username}"
