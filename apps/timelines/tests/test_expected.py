"""What a page says it will ask, it asks: in these words, or it would be fetched for nothing."""

import pytest

from apps.caching import ahead, memory, queries, recent, store
from apps.follows import services as follows
from apps.posts import services as posts

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def people(make_account, deliver):
    ada, wren = make_account("ada", shard="shard0"), make_account("wren", shard="shard1")
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    written = [
        posts.publish(author_id=author.pk, text=f"a post of {author.username}")
        for author in (ada, wren)
    ]
    deliver()
    return ada, wren, written[0]


@pytest.fixture
def noted(monkeypatch):
    """What is expected, and what is asked, by query."""
    expected, asked = set(), set()
    look, answer = ahead._look, queries._answer

    def looking(asks):
        for function, *arguments in asks:
            query = queries.query_of(function)
            expected.add((query.name, query.ask_of(*arguments)))
        look(asks)

    def answering(query, asks):
        asked.update((query.name, ask) for ask in asks if not isinstance(ask, list))
        return answer(query, asks)

    monkeypatch.setattr(ahead, "_look", looking)
    monkeypatch.setattr(queries, "_answer", answering)
    return expected, asked


@pytest.mark.parametrize("path", ["/", "/public", "/@ada", "/@wren", "/@ada/{post}"])
@pytest.mark.parametrize("is_member", [True, False])
def test_what_is_expected_is_asked(client, people, noted, path, is_member):
    if is_member:
        client.force_login(people[1])
    expected, asked = noted
    store.flush()
    memory.near().empty()

    with recent.remembering():
        assert client.get(path.format(post=people[2].pk)).status_code == 200

    assert expected
    # A page without posts would ask less: here everybody has written one.
    assert expected - asked == set()
