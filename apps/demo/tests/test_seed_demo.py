import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Account
from apps.follows.models import Follow
from apps.follows.selectors import counts
from apps.posts import selectors as posts
from apps.posts.models import Like, Post
from apps.timelines import selectors as timelines

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
    card = posts.public_page(before=None, viewer_id=None).items[0]
    assert card.likes == Like.objects.filter(post_id=card.id).count()
    password = capsys.readouterr().out.split("password: ")[1].split()[0]
    client.post("/accounts/sign-in", {"username": "demo", "password": password})
    assert "<article" in client.get("/").text


def test_demo_timelines_hold_posts_of_those_who_are_followed():
    call_command("seed_demo", *SMALL)

    for pk in ids()[:5]:
        followed = {row.followed_id for row in Follow.objects.filter(follower_id=pk)}
        authors = {c.author.id for c in timelines.home_page(pk, before=None).items}
        assert authors <= followed | {pk}


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
