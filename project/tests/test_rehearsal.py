"""A web worker makes pages before somebody waits for one."""

from concurrent.futures import Future

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.test.signals import template_rendered

from apps.events import dispatch
from apps.posts import selectors as posts
from apps.posts import services
from project.serving import rehearsal
from project.tests.test_connections import Submitting

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

PAGES = {"timelines/public.html", "timelines/home.html"}


class Here:
    """An executor that does its jobs at once, here."""

    def submit(self, job, *args):
        done = Future()
        try:
            done.set_result(job(*args))
        except Exception as error:
            done.set_exception(error)
        return done


@pytest.fixture
def rendered():
    """The names of the project's pages that were rendered."""
    names = []

    def note(template, **kwargs):
        names.append(template.name)

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


@pytest.fixture
def ada(make_account):
    return make_account("ada")


@pytest.fixture
def rehearse():
    """Return a function that rehearses here."""
    return lambda: rehearsal.rehearse(Here(), WSGIHandler())


def test_two_pages_are_made_and_the_broker_is_reached(ada, rendered, rehearse, monkeypatch, caplog):
    woken = []
    services.publish(author_id=ada.pk, text="The first of all.")
    monkeypatch.setattr(dispatch, "wake", woken.append)

    rehearse()

    assert set(rendered) >= PAGES
    assert woken == ["shard0"]
    assert not caplog.records


def test_a_site_with_no_posts_has_its_page_for_visitors_made(rendered, rehearse, caplog):
    rehearse()

    assert set(rendered) & PAGES == {"timelines/public.html"}
    assert not caplog.records


def test_behind_tls_the_page_is_made_and_not_the_way_to_it(
    ada, rendered, rehearse, settings, caplog
):
    settings.SITE_URL = "https://testserver"
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    rehearse()

    assert "timelines/public.html" in rendered
    assert not caplog.records


def test_a_worker_whose_servers_are_away_begins_and_says_so(rehearse, monkeypatch, caplog):
    def fail(**kwargs):
        raise OperationalError("nobody there")

    monkeypatch.setattr(posts, "latest_authors", fail)

    rehearse()

    assert "nobody there" in caplog.text


def test_a_server_that_hangs_keeps_no_worker_from_beginning(monkeypatch, caplog):
    monkeypatch.setattr(rehearsal, "REHEARSE_SECONDS", 0.1)

    rehearsal.rehearse(Submitting(), WSGIHandler())

    assert "TimeoutError" in caplog.text
