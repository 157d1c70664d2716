"""A request's id: whose is believed, where it goes, and that it ends with the request."""

import threading

import pytest

from apps.kernel.addresses import networks
from apps.tracing import trace

TRUSTED = networks("X", ["127.0.0.1/32"])
GIVEN = {"X-Request-ID": "from-the-proxy-17"}


@pytest.fixture
def proxied(settings):
    settings.TRUSTED_PROXIES = TRUSTED


def test_each_answer_has_an_id_of_its_own(client):
    first, second = (client.get("/health/live")["X-Request-ID"] for _ in range(2))

    assert trace.accepted(first) == first
    assert first != second
    assert trace.current() == ""


def test_the_id_of_a_trusted_proxy_is_taken(client, proxied):
    assert client.get("/health/live", headers=GIVEN)["X-Request-ID"] == "from-the-proxy-17"


@pytest.mark.parametrize("given", ["x", "a" * 37, "two words here", "line\nbreak1", "<script>", ""])
def test_what_is_no_id_is_not_taken_even_from_there(client, proxied, given):
    answer = client.get("/health/live", headers={"X-Request-ID": given})

    assert answer["X-Request-ID"] != given
    assert trace.accepted(answer["X-Request-ID"])


def test_strangers_do_not_choose_their_id(client, proxied):
    answer = client.get("/health/live", headers=GIVEN, REMOTE_ADDR="203.0.113.1")

    assert answer["X-Request-ID"] != "from-the-proxy-17"


def test_threads_do_not_see_each_others_id():
    seen, barrier = {}, threading.Barrier(2)

    def work(name):
        with trace.scope(name):
            barrier.wait()
            seen[name] = trace.current()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {"one": "one", "two": "two"}


def test_many_requests_together_are_named_by_the_first_five():
    ids = [f"request-{number}-of-thirty-six-characters"[:36] for number in range(9)]

    assert trace.together(["a,b", "b", "c"]) == "a,b,c"
    assert trace.together(["", ""]) == ""
    assert trace.together(ids).count(",") == 4
    assert len(trace.together(ids)) <= trace.LONGEST
