"""Who writes and reads during a drill: accounts on each shard, signed in."""

import secrets
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from apps.accounts import services as accounts
from apps.follows import loading as follows
from apps.sharding import directory
from apps.sharding.conf import conf


def make(count: int) -> dict[str, Any]:
    """Make `count` authors on each shard, and one reader there who follows all authors.

    Returns, by shard, the authors (id, name, session) and the reader's id.
    """
    found: dict[str, list[Any]] = {shard: [] for shard in conf().shards}
    run = secrets.token_hex(3)
    number = 0
    while any(len(people) <= count for people in found.values()):
        number += 1
        name = f"drill{run}n{number}"
        # Nobody signs in by a password here.
        account = accounts.sign_up(username=name, email=f"{name}@drill.invalid", password=None)
        found[directory.shard_of_id(account.pk)].append(account)
    readers = {shard: people.pop(0) for shard, people in found.items()}
    writers = [account for people in found.values() for account in people[:count]]
    follows.load_follows((r.pk, writer.pk) for r in readers.values() for writer in writers)
    return {
        shard: {"reader": readers[shard].pk, "authors": [_author(a) for a in people[:count]]}
        for shard, people in found.items()
    }


def _author(account: Any) -> dict[str, Any]:
    return {"id": account.pk, "name": account.username, "session": _session(account)}


def _session(account: Any) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.create()
    return str(session.session_key)
