"""The facts that follows announces."""

from dataclasses import dataclass

from apps.events.registry import Event


@dataclass(frozen=True)
class AccountFollowed(Event):
    """One account follows another now."""

    topic = "follows.account-followed.v1"
    key_field = "follower_id"

    follower_id: int
    followed_id: int


@dataclass(frozen=True)
class AccountUnfollowed(Event):
    """One account no longer follows another."""

    topic = "follows.account-unfollowed.v1"
    key_field = "follower_id"

    follower_id: int
    followed_id: int
