import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Account
from apps.demo import graph
from apps.follows.models import Follow
from apps.follows.selectors import counts
from apps.posts import cards
from apps.posts import selectors as posts
from apps.posts.models import Like, Post
from apps.timelines.tests.oracles import ids_of, oracle

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

SMALL = ("--accounts", "30", "--posts", "300", "--follows", "200")


def test_demo_data_is_whole_and_looks_lived_in(capsys, client):
    call_command("seed_demo", *SMALL)

    assert Account.objects.count() == 30
    assert Post.objects.scatter().count() == 300
    assert Follow.objects.scatter().count() == pytest.approx(200, abs=10)
    popularity = sorted((counts(pk)["followers"] for pk in ids()), reverse=True)
    assert sum(popularity[:6]) > sum(popularity) * 0.35
    assert sum(posts.posts_count(pk) for pk in ids()) == 300
    [card] = cards.full(posts.public_page(viewer_id=None).items[:1])
    assert card.likes == Like.objects.filter(post_id=card.id).count()
    password = capsys.readouterr().out.split("password: ")[1].split()[0]
    client.post("/accounts/sign-in", {"username": "demo", "password": password})
    assert "<article" in client.get("/").text


def test_demo_timelines_are_whole_down_to_the_first_post(monkeypatch):
    monkeypatch.setattr(graph, "NEWEST", 4)
    monkeypatch.setattr(graph, "TIMELINE", 15)
    call_command("seed_demo", *SMALL)

    for account in Account.objects.all()[:5]:
        assert ids_of(account) == oracle(account)
        assert len(ids_of(account)) > 15


def test_demo_data_comes_once(capsys):
    call_command("seed_demo", *SMALL)
    call_command("seed_demo", *SMALL, "--if-empty")

    with pytest.raises(CommandError, match="demo data already"):
        call_command("seed_demo", *SMALL)


@pytest.mark.parametrize("option", [("--accounts", "1"), ("--posts", "-1"), ("--follows", "-5")])
def test_nonsense_numbers_are_refused(option):
    with pytest.raises(CommandError, match=option[0]):
        call_command("seed_demo", *option)


def ids():
    return list(Account.objects.values_list("pk", flat=True))
