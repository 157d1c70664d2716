"""Every read of accounts and profiles that others need."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject, Lower
from django.urls import reverse

from apps.accounts.errors import NoSuchAccount
from apps.accounts.models import NAME, Account, Profile
from apps.caching.queries import cached
from apps.sharding import ids
from apps.sharding.conf import conf

HUES = 12


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
        return default_storage.url(self.picture) if self.picture else None

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


def profile_named(username: str) -> ProfileCard:
    """Return the card of the account with this username; raises NoSuchAccount."""
    account_id = _id_of(username.lower()) if NAME.match(username) else None
    card = _profile(account_id) if account_id else None
    if card is None:
        raise NoSuchAccount(username)
    return card


@cached("accounts.id", tags=lambda name: [f"accounts.name:{name}"], group=conf().directory)
def _id_of(name: str) -> int | None:
    found = Account.objects.alias(lowered=Lower("username")).filter(lowered=name)
    return found.values_list("pk", flat=True).first()


@cached("accounts.profile", tags=lambda account_id: [f"accounts.profile:{account_id}"])
def _profile(account_id: int) -> ProfileCard | None:
    return cards_of([account_id]).get(account_id)


def cards_of(account_ids: Iterable[int]) -> dict[int, ProfileCard]:
    """Return the cards of accounts by id, with one query a shard; missing ones left out."""
    return {pk: _card(row) for pk, row in Profile.objects.get_many(account_ids).items()}


def card_beside(column: str) -> Subquery:
    """Return an expression, for a query on the same shard, for the card of the id in `column`.

    It gives an object for `card_from`. So a page of posts and their authors is one query.
    """
    fields = {name: name for name in ("username", "name", "picture")}
    rows = Profile.objects.filter(id=OuterRef(column)).order_by()
    return Subquery(rows.annotate(card=JSONObject(**fields)).values("card"))


def card_from(account_id: int, fields: dict[str, Any]) -> ProfileCard:
    """Return the card that an expression of `card_beside` gave."""
    return ProfileCard(id=account_id, **fields)


def _card(row: Profile) -> ProfileCard:
    return ProfileCard(row.pk, row.username, row.name, row.bio, row.picture)
