"""An app gets in: it makes itself known, a person decides, a code becomes a token."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from apps.api import grants
from apps.api.models import OUT_OF_BAND, Application

pytestmark = pytest.mark.django_db(databases="__all__")
ADDRESS = "https://app.example/back"


@pytest.fixture
def register(client):
    """Return a function that makes an app known."""

    def run(**fields):
        wanted = {"client_name": "Nest", "redirect_uris": ADDRESS, "scopes": "read write"}
        return client.post("/api/v1/apps", wanted | fields)

    return run


@pytest.fixture
def code_for(client, make_account):
    """Return a function that has ada let an app in; gives the answer to her decision."""
    ada = make_account("ada")

    def run(app, *, allow=True, scope="read write", redirect_uri=ADDRESS, **more):
        client.force_login(ada)
        fields = {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": redirect_uri,
            "scope": scope,
            **more,
        }
        page = client.get(f"/oauth/authorize?{urlencode(fields)}")
        if page.status_code != 200:
            return page
        form = {n: f for n, f in page.context["form"].initial.items() if f}
        return client.post("/oauth/authorize", form | ({"allow": "Allow"} if allow else {}))

    return run


def code_in(answer):
    return parse_qs(urlsplit(answer.url).query)["code"][0]


def exchange(client, app, **fields):
    wanted = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": ADDRESS,
    }
    return client.post("/oauth/token", wanted | fields)


def test_a_code_becomes_a_token_once(client, register, code_for):
    app = register().json()
    code = code_in(code_for(app))

    given = exchange(client, app, code=code).json()
    again = exchange(client, app, code=code)

    assert given.keys() == {"access_token", "token_type", "scope", "created_at"}
    assert (given["token_type"], given["scope"]) == ("Bearer", "read write")
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    account = client.get("/api/v1/accounts/verify_credentials", headers=headers).json()
    assert account["acct"] == "ada"
    assert again.status_code == 400
    assert not RefreshToken.objects.exists()


def test_a_token_may_be_asked_for_in_json(client, register, code_for):
    app = register().json()
    fields = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": ADDRESS,
        "code": code_in(code_for(app)),
    }

    answer = client.post("/oauth/token", fields, content_type="application/json")

    assert answer.json()["scope"] == "read write"


def test_an_app_without_an_address_is_shown_its_code(client, register, code_for):
    app = register(redirect_uris=OUT_OF_BAND).json()

    shown = code_for(app, redirect_uri=OUT_OF_BAND)
    code = shown.context["code"]
    given = exchange(client, app, code=code, redirect_uri=OUT_OF_BAND)

    assert f'<code id="code">{code}</code>' in shown.text
    assert given.status_code == 200


def test_a_challenge_must_be_met(client, register, code_for):
    app = register().json()
    word = "w" * 50
    digest = base64.urlsafe_b64encode(hashlib.sha256(word.encode()).digest()).decode().rstrip("=")
    challenge = {"code_challenge": digest, "code_challenge_method": "S256"}

    wrong = exchange(client, app, code=code_in(code_for(app, **challenge)), code_verifier="x" * 50)
    none = exchange(client, app, code=code_in(code_for(app, **challenge)))
    right = exchange(client, app, code=code_in(code_for(app, **challenge)), code_verifier=word)

    assert [answer.status_code for answer in (wrong, none, right)] == [400, 400, 200]


def test_who_says_no_gives_no_code(register, code_for):
    answer = code_for(register().json(), allow=False)

    assert parse_qs(urlsplit(answer.url).query)["error"] == ["access_denied"]


def test_no_code_goes_to_an_address_that_was_not_registered(register, code_for):
    app = register().json()

    for address in ("https://evil.example/", f"{ADDRESS}/more", OUT_OF_BAND):
        assert code_for(app, redirect_uri=address).status_code == 400


def test_an_app_gets_no_more_than_it_registered(register, code_for):
    answer = code_for(register(scopes="read").json(), scope="read write")

    assert parse_qs(urlsplit(answer.url).query)["error"] == ["invalid_scope"]


def test_the_page_lets_a_form_lead_to_the_app_and_nowhere_else(client, register, make_account):
    app = register(redirect_uris="nest://back").json()
    client.force_login(make_account())
    fields = {"client_id": app["client_id"], "response_type": "code", "redirect_uri": "nest://back"}

    page = client.get(f"/oauth/authorize?{urlencode(fields)}")

    assert "form-action 'self' nest://back;" in page["Content-Security-Policy"] + ";"
    assert "Nest" in page.text


def test_a_visitor_signs_in_first(client, register):
    app = register().json()
    answer = client.get(f"/oauth/authorize?client_id={app['client_id']}&response_type=code")

    assert answer.url.startswith("/accounts/sign-in?next=/oauth/authorize")


def test_an_app_asks_for_itself(client, register):
    app = register().json()

    given = exchange(client, app, grant_type="client_credentials", scope="read").json()
    headers = {"Authorization": f"Bearer {given['access_token']}"}

    assert client.get("/api/v1/apps/verify_credentials", headers=headers).json()["name"] == "Nest"


@pytest.mark.parametrize("grant", ["password", "refresh_token", "implicit"])
def test_there_is_no_other_way_in(client, register, make_account, grant):
    make_account("ada")
    app = register().json()

    answer = exchange(client, app, grant_type=grant, username="ada", password="x")

    assert answer.status_code == 400


def test_a_wrong_secret_gets_nothing(client, register, code_for):
    app = register().json()
    code = code_in(code_for(app))

    assert exchange(client, app | {"client_secret": "wrong"}, code=code).status_code == 401


def test_a_token_is_revoked(client, register, code_for):
    app = register().json()
    token = exchange(client, app, code=code_in(code_for(app))).json()["access_token"]
    secret = {"client_id": app["client_id"], "client_secret": app["client_secret"]}

    answer = client.post("/oauth/revoke", {"token": token, **secret})

    headers = {"Authorization": f"Bearer {token}"}
    assert answer.json() == {}
    assert client.get("/api/v1/accounts/verify_credentials", headers=headers).status_code == 401
    assert not AccessToken.objects.exists()


def test_of_a_secret_only_a_hash_is_stored(register):
    app = register().json()

    stored = Application.objects.get(client_id=app["client_id"])

    assert app["client_secret"] not in str(vars(stored))


@pytest.mark.parametrize(
    "fields",
    [
        {"client_name": ""},
        {"client_name": "x" * 61},
        {"redirect_uris": ""},
        {"redirect_uris": "javascript:alert(1)"},
        {"redirect_uris": "no-scheme"},
        {"redirect_uris": "http://nest.example/back"},
        {"redirect_uris": "https://app.example/#fragment"},
        {"website": "javascript:alert(1)"},
    ],
)
def test_an_app_that_makes_no_sense_is_refused(register, fields):
    answer = register(**fields)

    assert answer.status_code == 422
    assert answer.json()["error"].startswith("Validation failed")


def test_it_is_said_where_an_app_finds_what(client):
    found = client.get("/.well-known/oauth-authorization-server").json()

    assert found["token_endpoint"] == "http://127.0.0.1:8000/oauth/token"
    assert set(found["grant_types_supported"]) == {"authorization_code", "client_credentials"}


def test_codes_and_tokens_whose_time_is_over_are_forgotten(register, code_for, token_of):
    token_of(None)
    code_for(register().json())
    grants.forget()
    assert (Grant.objects.count(), AccessToken.objects.count()) == (1, 1)

    for model in (Grant, AccessToken):
        model.objects.update(expires=timezone.now() - timedelta(seconds=1))
    grants.forget()

    assert (Grant.objects.count(), AccessToken.objects.count()) == (0, 0)


def test_a_person_sees_which_apps_are_in_and_ends_that(client, register, code_for):
    app = register(website="https://nest.example").json()
    token = exchange(client, app, code=code_in(code_for(app))).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    page = client.get("/oauth/apps")
    client.post(f"/oauth/apps/{app['id']}/end")
    again = client.post(f"/oauth/apps/{app['id']}/end")

    assert "Nest" in page.text
    assert "Write posts, likes and your profile for you" in page.text
    assert again.status_code == 404
    assert "Nest" not in client.get("/oauth/apps").text
    assert client.get("/api/v1/accounts/verify_credentials", headers=headers).status_code == 401


def test_nobody_ends_what_others_let_in(client, register, code_for, make_account):
    app = register().json()
    exchange(client, app, code=code_in(code_for(app)))
    client.force_login(make_account("wren"))

    assert client.post(f"/oauth/apps/{app['id']}/end").status_code == 404
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_an_app_needs_no_secret_against_forged_forms(path):
    answer = Client(enforce_csrf_checks=True).post(path, {"token": "x"})

    assert answer.status_code in (400, 401)
    assert "CSRF" not in answer.text
