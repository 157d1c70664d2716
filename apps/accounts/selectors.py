"""Every read of accounts and profiles that others need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import router
from django.db.models.functions import Collate, Lower
from django.urls import reverse

from apps.accounts.errors import NoSuchAccount
from apps.accounts.models import NAME, Account, Profile
from apps.caching.queries import cached, cached_many
from apps.indexing.hot import DIRECTORY, hot
from apps.pictures import files
from apps.sharding import estimates, ids, querysets
from apps.sharding.conf import conf

HUES = 12
# The fields of a card, in its order.
SHOWN = ("id", "username", "name", "bio", "picture")


@dataclass(frozen=True)
class ProfileCard:
    """What every page shows of an account. `hue`, 0..11, colours its initials picture."""

    id: int
    username: str
    name: str
    bio: str = ""
    picture: str = ""

    @property
    def shown_name(self) -> str:
        """The name, or the username where there is none."""
        return self.name or self.username

    @property
    def url(self) -> str:
        """The address of the profile page."""
        return reverse("timelines:profile", args=[self.username])

    @property
    def picture_url(self) -> str | None:
        """The address of the picture, None where the initials stand for it."""
        return files.storage().url(self.picture) if self.picture else None

    @property
    def initials(self) -> str:
        """One or two letters: of the name's first and last word."""
        words = self.shown_name.replace("_", " ").split() or [self.username]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def hue(self) -> int:
        """A colour that stays with the account."""
        return (self.id >> 12) % HUES

    @property
    def joined_at(self) -> datetime:
        """When the account was made."""
        return ids.time_of(self.id)


def account_named(username: str) -> Account:
    """Return the account with this username, whatever its case; raises NoSuchAccount."""
    try:
        return Account.objects.get_by_natural_key(username)
    except Account.DoesNotExist:
        raise NoSuchAccount(username) from None


def id_named(username: str) -> int:
    """Return the id of the account with this username; raises NoSuchAccount."""
    account_id = _id_of(username.lower()) if NAME.match(username) else None
    if account_id is None:
        raise NoSuchAccount(username)
    return account_id


def profile_named(username: str) -> ProfileCard:
    """Return the card of the account with this username; raises NoSuchAccount."""
    account_id = id_named(username)
    card = cards_of([account_id]).get(account_id)
    if card is None:
        raise NoSuchAccount(username)
    return card


@cached("accounts.id", tags=lambda name: [f"accounts.name:{name}"], group=conf().directory)
@hot("accounts.id", lambda _: _newest_names(), is_on=DIRECTORY)
def _id_of(name: str) -> int | None:
    found = Account.objects.alias(lowered=Lower("username")).filter(lowered=name)
    return found.values_list("pk", flat=True).first()


def ids_named(names: tuple[str, ...]) -> dict[str, int]:
    """Return the ids of accounts by username, all in lower case; missing ones left out."""
    return _ids_named(names) if names else {}


@cached(
    "accounts.ids_named",
    tags=lambda names: [f"accounts.name:{name}" for name in names],
    group=conf().directory,
)
@hot("accounts.ids_named", lambda _: _newest_names() and (_newest_names(),), is_on=DIRECTORY)
def _ids_named(names: tuple[str, ...]) -> dict[str, int]:
    found = Account.objects.alias(lowered=Lower("username")).filter(lowered__in=names)
    return {username.lower(): pk for username, pk in found.values_list("username", "pk")}


@hot("accounts.beginning_with", lambda _: _newest_beginning(), is_on=DIRECTORY)
def ids_beginning_with(text: str, limit: int) -> list[int]:
    """Return the first accounts by name, whose usernames begin with a text."""
    lowered = Collate(Lower("username"), "C")
    found = Account.objects.alias(lowered=lowered).filter(
        lowered__startswith=text.lower(), is_active=True
    )
    return list(found.order_by("lowered").values_list("pk", flat=True)[:limit])


def about_how_many() -> int:
    """Return about how many accounts there are, as the server has it for planning."""
    return estimates.rows(router.db_for_read(Account), Account)


@cached_many("accounts.profile", tags=lambda account_id: [f"accounts.profile:{account_id}"])
@hot("accounts.profile", lambda shard: _newest_ids(shard))
def cards_of(account_ids: Sequence[int]) -> dict[int, ProfileCard]:
    """Return the cards of accounts by id, with one query a shard; missing ones left out."""

    def rows(group: list[int]) -> list[tuple[Any, ...]]:
        return list(Profile.objects.filter(id__in=group).values_list(*SHOWN))

    lists = querysets.from_each(account_ids, rows)
    return {row[0]: ProfileCard(*row) for found in lists for row in found}


def _newest_ids(shard: str) -> tuple[list[int]] | None:
    found = Profile.objects.using(shard).order_by("-id").values_list("id", flat=True)[:20]
    return (list(found),) if found else None


def _newest_beginning() -> tuple[str, int] | None:
    newest = _newest_names()
    return (newest[0][:3], 20) if newest else None


def _newest_names() -> tuple[str] | None:
    newest = Account.objects.order_by("-id").values_list("username", flat=True).first()
    return (newest.lower(),) if newest else None
