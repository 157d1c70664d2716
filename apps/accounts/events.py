"""The facts that concern accounts."""

from dataclasses import dataclass

from apps.events.registry import Event


@dataclass(frozen=True)
class SightChanged(Event):
    """Whom an account does not see is something else now; recorded by who decides that."""

    topic = "accounts.sight-changed.v1"
    key_field = "account_id"
    in_order = False

    account_id: int


@dataclass(frozen=True)
class AccountDeleted(Event):
    """An account is being deleted: its posts are gone, its rows go next.

    For who keeps something of it outside of the tables, files for one: the rows are deleted when
    every subscriber is done with this.
    """

    topic = "accounts.account-deleted.v1"
    key_field = "account_id"

    account_id: int
