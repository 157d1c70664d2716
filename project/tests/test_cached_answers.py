"""No address breaks where nothing is under way, so that the cache answers what it can."""

import pytest
from django.core.cache import cache

from apps.posts import services as posts
from apps.posts.kinds import Audience
from project.tests.test_permissions import ROWS, _account, _token, answer, world

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
assert world  # a fixture
# What goes for good, and what the push process answers, which is not there.
LEFT_OUT = ("/admin", "/delete", "sign-out", "/revoke", "/events/", "/streaming")


@pytest.mark.parametrize("who", ["owner", "stranger", "visitor"])
def test_no_address_breaks_asked_once_and_asked_again(world, client, make_account, deliver, who):
    cache.clear()
    for audience in Audience:
        posts.publish(author_id=world["ada"], text="words", audience=audience, warning="look")
    deliver()
    account = {"owner": lambda: _account(world["ada"]), "stranger": make_account}.get(who)
    found = account() if account else None
    client.token = _token(found) if found else ""
    broken = set()

    for row in sorted(ROWS, key=lambda row: row.method):
        if any(part in row.path for part in LEFT_OUT):
            continue
        form = {name: value.format(**world) for name, value in row.form}
        for _ in range(2):
            if found:
                client.force_login(found)
            got = answer(client, row, row.path.format(**world), form)
            if got.status_code >= 500:
                broken.add((row.method, row.route, got.status_code))

    assert broken == set()
