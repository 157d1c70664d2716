"""A question that waits long speaks against its server only where nobody hears anything of it."""

import threading
import time
from contextlib import contextmanager

import pytest

from apps.replication import servers
from apps.replication.servers import SUSPICIOUS, ServerAway

ALIAS = "shard0"


@pytest.fixture(autouse=True)
def server():
    servers.forget()
    yield servers.of(ALIAS)
    servers.forget()


@contextmanager
def waiting(server):
    """Have another thread wait for the answer to a question, for long already."""
    asked, done = threading.Event(), threading.Event()

    def ask():
        with server.asking():
            asked.set()
            done.wait(60)

    thread = threading.Thread(target=ask)
    thread.start()
    asked.wait(60)
    time.sleep(SUSPICIOUS + 0.05)
    yield
    done.set()
    thread.join()


def is_asked(server):
    try:
        server.admit()
    except ServerAway:
        return False
    return True


def test_while_a_question_waits_no_other_is_put(server):
    with waiting(server):
        assert not is_asked(server)
        assert not server.may_be_asked()
    assert is_asked(server)


def test_where_others_are_answered_meanwhile_the_server_is_well(server):
    with waiting(server):
        with server.reading():
            pass
        assert is_asked(server)
        assert server.may_be_asked()


def test_an_answer_from_before_says_nothing(server):
    with server.reading():
        pass
    with waiting(server):
        assert not is_asked(server)


def test_a_question_that_failed_says_nothing(server):
    with waiting(server):
        with pytest.raises(ServerAway), server.asking():
            raise ServerAway(ALIAS, "it refuses")
        assert not is_asked(server)


def test_after_the_last_answer_the_next_question_that_waits_counts(server):
    with waiting(server):
        with server.reading():
            pass
        assert is_asked(server)
        with waiting(server):
            assert not is_asked(server)
