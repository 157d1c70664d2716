"""Who writes and reads during a drill: accounts on each shard, signed in."""

import secrets
from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser

from apps.accounts import services as accounts
from apps.follows import loading as follows
from apps.sharding import directory
from apps.sharding.conf import conf


class Author(NamedTuple):
    """One who writes; `session` is the key of a session that is signed in."""

    id: int
    name: str
    session: str


class Crowd(NamedTuple):
    """The authors of one shard, and a reader there who follows those of all shards."""

    reader: int
    authors: list[Author]


def gather(count: int) -> dict[str, Crowd]:
    """Make `count` authors and a reader on each shard; returns them by shard."""
    found: dict[str, list[AbstractBaseUser]] = {shard: [] for shard in conf().shards}
    run = secrets.token_hex(3)
    number = 0
    while any(len(people) <= count for people in found.values()):
        number += 1
        name = f"drill{run}n{number}"
        # Nobody signs in by a password here.
        account = accounts.sign_up(username=name, email=f"{name}@drill.invalid", password=None)
        found[directory.shard_of_id(account.pk)].append(account)
    crowds = {
        shard: Crowd(people[0].pk, [_author(account) for account in people[1 : count + 1]])
        for shard, people in found.items()
    }
    writers = [author.id for crowd in crowds.values() for author in crowd.authors]
    follows.load_follows((crowd.reader, writer) for crowd in crowds.values() for writer in writers)
    return crowds


def _author(account: AbstractBaseUser) -> Author:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.create()
    return Author(account.pk, account.get_username(), str(session.session_key))
