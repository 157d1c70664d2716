"""Where plugins decide between accounts: who sees whom, who may do what, who may sign in.

These hooks protect people, so they are closed: the core does not go on without their answer.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

from apps.accounts.errors import NotAllowed, SignInRefused
from apps.plugins.markers import hookspec


class Deed(NamedTuple):
    """What an account is about to do; `kind` is publish, reply, like, repost, vote or follow.

    `target_id` is the account that it concerns, None where there is none.
    """

    kind: str
    actor_id: int
    target_id: int | None = None


class Unseen(NamedTuple):
    """Whom a viewer does not see: `hidden` nowhere; `muted` not unless he asks for that one.

    Those `gone` nobody sees; they may be many.
    """

    hidden: Collection[int] = ()
    muted: Collection[int] = ()
    gone: Collection[int] = ()


def unseen(answer: Any) -> Unseen:
    """Take three collections of ids."""
    return Unseen(*(frozenset(found) for found in Unseen(*answer)))


def nothing(answer: Any) -> None:
    """Take no answer: what is not refused is allowed."""


# Where nobody answers, nothing is shown or done: patience is longer than with what only adds.
@hookspec(seconds=2.0, queries=20, shape=unseen, closed=True)
def unseen_by(viewer_id: int | None) -> Unseen:
    """Return whom a viewer (None: a visitor) does not see; asked once a request.

    Raise `accounts.events.SightChanged` when that changes, so that browsers hear as much.
    """
    raise NotImplementedError


@hookspec(seconds=2.0, queries=20, shape=nothing, passes=(NotAllowed,), closed=True)
def check_deed(deed: Deed) -> None:
    """Raise NotAllowed where an account may not do that; asked before it is done."""
    raise NotImplementedError


@hookspec(seconds=2.0, queries=20, shape=nothing, passes=(SignInRefused,), closed=True)
def check_sign_in(account_id: int) -> None:
    """Raise SignInRefused where an account whose password is right may not sign in."""
    raise NotImplementedError
