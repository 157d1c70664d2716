import pytest

from apps.push import catalog

pytestmark = pytest.mark.django_db(databases="__all__")


def test_the_page_lists_every_topic_and_fact(client):
    page = client.get("/topics").text

    assert all(
        f"<code>{offer.form}</code>".replace("<number>", "&lt;number&gt;") in page
        for offer in catalog.offers()
    )
    assert all(f"<code>{fact.name}</code>" in page for fact in catalog.facts())
    assert "signed-in accounts, each for itself" in page
    assert "<code>post_id: int</code>" in page


def test_every_fact_has_a_version_and_says_what_it_is():
    assert all(fact.version >= 1 and fact.about and fact.fields for fact in catalog.facts())
    assert all(
        offer.about and (offer.facts or offer.form == "topology") for offer in catalog.offers()
    )


def test_who_asks_here_for_events_is_led_to_the_push_process(client, settings):
    settings.PUSH_URL = "ws://127.0.0.1:8001"

    answer = client.get("/events/?topic=public")

    assert answer.status_code == 307
    assert answer["Location"] == "http://127.0.0.1:8001/events/?topic=public"


def test_without_an_address_of_the_push_process_the_reason_is_said(client, settings):
    settings.PUSH_URL = ""

    answer = client.get("/events/")

    assert answer.status_code == 503
    assert "route /events/ and /ws/" in answer.json()["reason"]
