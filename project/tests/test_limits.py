"""Limits where people meet them: a page with the time to wait, and the draft in it."""

import pytest

from apps.posts.models import Post
from apps.throttling import limits
from apps.throttling.pace import Pace

pytestmark = pytest.mark.django_db(databases="__all__")
RIGHT = "a good long password"


def sign_in(client, name, password, **extra):
    form = {"username": name, "password": password}
    return client.post("/accounts/sign-in", form, **extra).status_code


def test_after_five_wrong_passwords_the_right_one_has_to_wait_too(client, make_account, held):
    make_account("ada")
    assert [sign_in(client, "ada", "wrong") for _ in range(6)] == [200] * 5 + [429]
    assert sign_in(client, "ADA", RIGHT) == 429
    # From elsewhere the account can be signed in to.
    assert sign_in(client, "ada", RIGHT, REMOTE_ADDR="198.51.100.9") == 302
    client.logout()

    answer = client.post("/accounts/sign-in", {"username": "ada", "password": "wrong"})

    assert answer["Retry-After"].isdigit()
    assert "Try again in" in answer.text
    assert "wrong" not in answer.text


def test_right_passwords_do_not_count(client, make_account, held):
    make_account("ada")
    for _ in range(12):
        assert sign_in(client, "ada", RIGHT) == 302
        client.logout()


def test_names_that_there_are_not_are_counted_like_others(client, held):
    assert [sign_in(client, "nobody", "x") for _ in range(6)] == [200] * 5 + [429]


def test_one_address_may_not_try_many_accounts(client, held):
    held(sign_in_address=Pace(4, 60))

    assert [sign_in(client, f"name{n}", "x") for n in range(6)] == [200] * 4 + [429] * 2


def test_many_addresses_may_not_try_one_account(client, held):
    held(sign_in_account=Pace(4, 60))
    statuses = [sign_in(client, "ada", "x", REMOTE_ADDR=f"198.51.100.{n}") for n in range(6)]

    assert statuses == [200] * 4 + [429] * 2


def test_a_stranger_gets_no_further_by_naming_other_addresses(client, held):
    statuses = [
        sign_in(client, "ada", "x", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}") for n in range(6)
    ]

    assert statuses == [200] * 5 + [429]


def test_the_admins_door_is_that_of_everybody(client, make_account, held):
    make_account("root", is_staff=True, is_superuser=True)
    form = {"username": "root", "password": RIGHT}

    assert client.post("/admin/login/", form).url == "/accounts/sign-in?next=%2Fadmin%2Flogin%2F"
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/accounts/sign-in"


def test_signing_up_is_limited_by_address(client, held):
    held(sign_up_address=Pace(2, 60))
    statuses = [client.post("/accounts/sign-up", {}).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert client.get("/accounts/sign-up").status_code == 200


def test_who_posts_too_often_keeps_the_draft_and_what_it_answers(client, make_account, held):
    held(posting=Pace(2, 60))
    account = make_account("ada")
    client.force_login(account)
    for number in range(2):
        assert client.post("/posts/", {"text": f"post {number}"}).status_code == 302

    form = {"text": "<b>one too many</b>", "in_reply_to": "17", "key": "k1"}
    answer = client.post("/posts/", form)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 30
    assert "&lt;b&gt;one too many&lt;/b&gt;</textarea>" in answer.text
    assert '<input type="hidden" name="in_reply_to" value="17">' in answer.text
    assert '<input type="hidden" name="key" value="k1">' in answer.text
    # The form's own token is a new one: the old is not sent beside it.
    assert "csrfmiddlewaretoken" not in answer.text.partition('<textarea id="draft"')[2]
    assert Post.objects.filter(author_id=account.pk).count() == 2


def test_liking_and_following_are_limited_by_account(client, make_account, held):
    held(reacting=Pace(1, 60), following=Pace(1, 60))
    make_account("ada")
    client.force_login(make_account("wren"))

    assert [client.post("/@ada/follow").status_code for _ in range(2)] == [302, 429]
    assert [client.post("/posts/1/like").status_code for _ in range(2)] == [404, 429]


def test_every_limit_is_in_the_documents_with_its_numbers_and_what_holds_without_valkey():
    import project.urls  # noqa: F401  (its views declare them)
    from project.tests.test_docs import ROOT

    text = (ROOT / "docs/security.md").read_text()
    for limit in limits.declared():
        if not limit.name.startswith("test-"):
            row = (
                f"| `{limit.name}` | {limit.about} | {limit.own_pace.times} |"
                f" {limit.own_pace.seconds:.0f} s | {limit.away.value} |"
            )
            assert row in text
