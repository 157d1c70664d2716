"""Every write to accounts and profiles."""

import random
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from apps.accounts import leaving, pictures
from apps.accounts.errors import NameTaken
from apps.accounts.models import Account, Profile
from apps.sharding import bulk, ids, shards

TAKEN = {
    "accounts_username_taken": "username",
    "accounts_email_used": "email",
    "unique_verified_email": "email",
}


def sign_up(
    *,
    username: str,
    email: str,
    password: str | None,
    is_verified: bool = False,
    is_staff: bool = False,
    is_superuser: bool = False,
) -> Account:
    """Make an account and its profile; raises NameTaken. `is_verified`: the address is its own.

    The name is held by the directory's transaction, which commits only after the profile is
    stored. Whatever fails or is killed before that leaves the name free; at worst a profile
    stays behind that no account names.
    """
    account = Account(
        id=shards.first_id(random.randrange(ids.BUCKETS)),
        username=username,
        email=email.lower(),
        is_staff=is_staff,
        is_superuser=is_superuser,
    )
    account.set_password(password)
    try:
        with transaction.atomic(using="default"):
            account.save(force_insert=True, using="default")
            # After the insert, which waits for a deletion of that name that is under way.
            leaving.refuse_buried(username)
            _note_email(account, is_verified)
            with shards.atomic_for(account.pk):
                Profile.objects.create(id=account.pk, username=username)
    except IntegrityError as error:
        raise NameTaken(_taken_field(error)) from error
    return account


def set_password(*, account: Account, password: str) -> None:
    """Store another password: what else this process knows of the account may be old."""
    account.set_password(password)
    rows = Account.objects.using("default").filter(id=account.pk)
    rows.update(password=account.password)


def set_preferences(
    *, account_id: int, language: str, time_zone: str, theme: str, shortcuts: bool
) -> None:
    """Change how an account's pages look."""
    Account.objects.using("default").filter(id=account_id).update(
        language=language, time_zone=time_zone, theme=theme, shortcuts=shortcuts
    )


def edit_profile(
    *,
    account_id: int,
    name: str,
    bio: str,
    picture: BinaryIO | None = None,
    remove_picture: bool = False,
) -> None:
    """Change the public side of an account; raises PictureRefused."""
    changes = {"name": name, "bio": bio}
    if picture is not None:
        changes["picture"] = pictures.store(account_id, picture)
    elif remove_picture:
        changes["picture"] = ""
    with shards.atomic_for(account_id):
        profile = Profile.objects.select_for_update().get(id=account_id)
        before = profile.picture
        Profile.objects.filter(id=account_id).update(**changes)
    if "picture" in changes:
        pictures.discard(before, unless=changes["picture"])


def set_active(*, accounts: QuerySet[Account], active: bool) -> int:
    """Let accounts sign in, or no longer; returns how many changed."""
    return accounts.using("default").update(is_active=active)


def end_sessions(*, account_id: int) -> None:
    """Sign an account out of all browsers."""
    rows = Account.objects.using("default").filter(id=account_id)
    rows.update(session_epoch=F("session_epoch") + 1)


class NewAccount(NamedTuple):
    """An account for `load`; `password` is hashed already, or unusable."""

    id: int
    username: str
    email: str
    password: str
    name: str
    bio: str


def load(accounts: Sequence[NewAccount]) -> None:
    """Store many new accounts and their profiles: the directory's rows after the shards'."""
    profiles = ((a.id, a.username, a.name, a.bio, "") for a in accounts)
    bulk.load(Profile, ("id", "username", "name", "bio", "picture"), profiles)
    fields = ("id", "username", "email", "password", "is_active", "is_staff", "is_superuser")
    rows = ((a.id, a.username, a.email, a.password, True, False, False) for a in accounts)
    bulk.load(Account, fields, rows)


def _note_email(account: Account, is_verified: bool) -> None:
    if account.email:
        EmailAddress.objects.using("default").create(
            user=account, email=account.email, primary=True, verified=is_verified
        )


def _taken_field(error: IntegrityError) -> str:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if constraint not in TAKEN:
        raise error
    return TAKEN[constraint]
