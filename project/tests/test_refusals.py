"""What htmx is told when something is refused: a line for the page, which stays as it is."""

import pytest
from django.db import OperationalError

from apps.plugins import strikes
from apps.posts import services as posts
from apps.throttling.pace import Pace

pytestmark = pytest.mark.django_db(databases="__all__")
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/public?before=9"}


@pytest.fixture
def liked(client, make_account):
    ada = make_account("ada")
    client.force_login(ada)
    return f"/posts/{posts.publish(author_id=ada.pk, text='hello').pk}/like"


def test_a_like_too_many_is_answered_by_a_line(client, liked, held):
    held(reacting=Pace(1, 60))
    client.post(liked, headers=HTMX)

    answer = client.post(liked, headers=HTMX)

    assert (answer.status_code, answer["Content-Type"]) == (429, "text/plain")
    assert answer["Retry-After"].isdigit()
    assert answer.text.startswith("That was too often. Try again in ")


def test_a_database_that_is_away_is_said_in_the_readers_language(client, liked, monkeypatch):
    def away(**_):
        raise OperationalError("gone")

    monkeypatch.setattr("apps.posts.services.like", away)

    answer = client.post(liked, headers={**HTMX, "Accept-Language": "de"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer.text == "Ein Teil der Seite ist weg. Versuche es bald noch einmal."


def test_what_is_gone_is_said(client, liked):
    answer = client.post("/posts/1/like", headers=HTMX)

    assert (answer.status_code, answer.text) == (404, "This post is not there (any more).")


def test_who_was_signed_out_meanwhile_is_led_to_sign_in_and_back(client, liked):
    client.logout()

    answer = client.post(liked, headers=HTMX)

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/accounts/sign-in?next=%2Fpublic%3Fbefore%3D9"


def test_a_forged_form_gets_the_page_of_the_site(make_account):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_account("ada"))

    answer = strict.post("/posts/", {"text": "x"})

    assert answer.status_code == 403
    assert "The form is too old" in answer.text
    assert "what you wrote is still there" in answer.text
    assert "readonly>x</textarea>" in answer.text


def test_where_the_site_breaks_what_was_written_waits_in_a_form(make_account, monkeypatch):
    from django.test import Client

    from apps.posts import services

    def broken(**_):
        raise ZeroDivisionError

    monkeypatch.setattr(services, "publish", broken)
    client = Client(raise_request_exception=False)
    client.force_login(make_account("ada"))

    answer = client.post("/posts/", {"text": "<words>", "key": "k" * 9, "audience": "1"})

    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert 'action="/posts/"' in answer.text
    assert "&lt;words&gt;</textarea>" in answer.text
    assert 'name="key" value="kkkkkkkkk"' in answer.text
    assert 'name="audience" value="1"' in answer.text
    assert answer.text.count("csrfmiddlewaretoken") == 1
    assert "<textarea" not in client.post("/no/such", {"password": "x"}).text


@pytest.mark.parametrize("template", ["500.html", "503.html"])
def test_the_pages_of_faults_need_no_server(template, count_queries, rf):
    from django.shortcuts import render

    with count_queries() as queries:
        page = render(rf.get("/"), template).content.decode()

    assert queries == []
    assert "rookery.css" in page


def test_a_request_for_another_host_is_refused_with_a_page_and_no_plugin_is_at_fault(
    client, settings
):
    settings.DEBUG = False
    client.raise_request_exception = False

    answer = client.get("/public", HTTP_HOST="evil.invalid")

    assert answer.status_code == 400
    assert '<main id="main"' in answer.text
    assert not strikes._strikes
