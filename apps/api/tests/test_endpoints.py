"""Tokens, scopes, refusals, headers: what every address has in common."""

import pytest
from oauth2_provider.models import AccessToken

from apps.accounts import services as accounts
from apps.api import scopes
from apps.posts import services as posts
from apps.throttling.pace import Pace

pytestmark = pytest.mark.django_db(databases="__all__")
HOME = "/api/v1/timelines/home"


@pytest.fixture
def ada(make_account):
    return make_account("ada")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_without_a_valid_token_nothing_that_is_somebodys(client, ada):
    client.force_login(ada)

    for headers in ({}, bearer("nonsense"), bearer(""), bearer("x" * 300)):
        answer = client.get(HOME, headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {"error": "The access token is invalid"}
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_bad_token_is_refused_even_where_none_is_needed(client):
    assert client.get("/api/v1/timelines/public", headers=bearer("bad")).status_code == 401


def test_only_a_digest_of_a_token_is_stored(token_of, ada):
    token = token_of(ada)

    row = AccessToken.objects.get()

    assert row.token == ""
    assert token not in str(vars(row))


@pytest.mark.parametrize("end", ["password", "sessions", "inactive", "revoked", "expired"])
def test_what_ends_an_account_or_a_token_ends_its_requests(client, ada, token_of, end):
    headers = bearer(token_of(ada))
    assert client.get(HOME, headers=headers).status_code == 200

    if end == "password":
        ada.set_password("another password")
        ada.save()
    elif end == "sessions":
        accounts.end_sessions(account_id=ada.pk)
    elif end == "inactive":
        accounts.set_active(accounts=type(ada).objects.filter(pk=ada.pk), active=False)
    elif end == "revoked":
        AccessToken.objects.all().delete()
    else:
        AccessToken.objects.update(expires="2020-01-01T00:00Z")

    assert client.get(HOME, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("granted", "wanted", "is_allowed"),
    [
        ("read", "read:statuses", True),
        ("read:statuses", "read:statuses", True),
        ("read:statuses", "read:accounts", False),
        ("read", "write:statuses", False),
        ("follow", "write:follows", True),
        ("follow", "write:statuses", False),
        ("profile", "profile", True),
        ("read:accounts", "profile", True),
        ("write", "profile", False),
        ("", "", True),
    ],
)
def test_scopes_cover_what_they_say(granted, wanted, is_allowed):
    assert scopes.allows(granted.split(), wanted) is is_allowed


def test_a_token_does_no_more_than_it_was_given(client, ada, token_of):
    headers = bearer(token_of(ada, "read"))

    answer = client.post("/api/v1/statuses", {"status": "x"}, headers=headers)

    assert answer.status_code == 403
    assert answer.json() == {"error": "This action is outside the authorized scopes"}


def test_an_apps_own_token_stands_for_no_account(client, token_of):
    headers = bearer(token_of(None))

    assert client.get("/api/v1/apps/verify_credentials", headers=headers).json()["name"] == "Nest"
    assert client.get("/api/v1/timelines/public", headers=headers).status_code == 200
    assert client.get(HOME, headers=headers).status_code == 422


def test_a_method_that_an_address_has_not_is_refused(client):
    answer = client.delete("/api/v1/instance")

    assert (answer.status_code, answer["Allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/api/v1/instance", "/nodeinfo/2.0", "/api/v1/trends/tags"])
def test_a_slash_at_the_end_changes_nothing(client, path):
    assert client.get(f"{path}/").json() == client.get(path).json()


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing", "/api/v9/x", "/api/v1/statuses/x"])
def test_an_address_that_is_none_answers_in_json(client, path):
    answer = client.get(path)

    assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})


def test_pages_of_other_sites_may_ask_and_read(client):
    asked = client.options("/api/v1/statuses", headers={"Origin": "https://elk.example"})
    answer = client.get("/api/v1/instance", headers={"Origin": "https://elk.example"})

    assert asked.status_code == 204
    assert "Idempotency-Key" in asked["Access-Control-Allow-Headers"]
    assert asked["Access-Control-Allow-Origin"] == answer["Access-Control-Allow-Origin"] == "*"
    assert "Link" in answer["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer


def test_the_page_where_a_person_decides_is_open_to_no_other_site(client):
    assert "Access-Control-Allow-Origin" not in client.get("/oauth/authorize")


def test_who_asks_too_often_waits_and_knows_how_long(client, ada, token_of, held):
    held(api=Pace(3, 30))
    headers = bearer(token_of(ada))

    answers = [client.get(HOME, headers=headers) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"3"}
    assert int(answers[3]["Retry-After"]) <= 10
    assert answers[3].json()["error"].startswith("That was too often")


def test_guessing_tokens_is_limited_by_address(client, held):
    held(**{"bad-token": Pace(2, 60)})

    answers = [client.get(HOME, headers=bearer(f"guess-{n}")).status_code for n in range(3)]

    assert answers == [401, 401, 429]


def test_a_request_with_a_token_sets_no_cookie(client, ada, token_of):
    posts.publish(author_id=ada.pk, text="hello")

    answer = client.get(HOME, headers=bearer(token_of(ada)))

    assert not answer.cookies
    assert len(answer.json()) == 1


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ("status=from+a+form", "application/x-www-form-urlencoded"),
        ('{"status": "from a form"}', "application/json"),
    ],
)
def test_fields_come_in_forms_or_in_json(client, ada, token_of, sent, kind):
    headers = bearer(token_of(ada))

    made = client.generic("POST", "/api/v1/statuses", sent, kind, headers=headers)

    assert made.json()["text"] == "from a form"


@pytest.mark.parametrize("sent", ["{", "[1]", "[" * 100_000])
def test_json_that_is_none_is_refused(client, ada, token_of, sent):
    headers = bearer(token_of(ada))

    answer = client.generic("POST", "/api/v1/statuses", sent, "application/json", headers=headers)

    assert answer.status_code == 422
