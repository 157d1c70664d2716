"""A shard that hangs or is gone, on a site of real processes: the others go on as before."""

import os
import re
import threading
import time
import urllib.error

import pytest
from django.db import connections

from apps.accounts.models import Account
from apps.caching import store
from apps.cluster import processes
from apps.posts.models import Post
from apps.replication import servers
from project.tests.faults import (
    Answer,
    ask_all,
    described,
    hanging,
    members,
    servers_of,
)
from project.tests.visitor import Visitor, texts_of

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

# Enough to see that all are answered; `EACH=2500` gives p99.9 its ten thousand.
EACH = int(os.environ.get("EACH", "48"))


@pytest.fixture
def uncached(monkeypatch):
    """No cached query: every page asks the databases."""
    monkeypatch.setenv("ROOKERY_QUERY_CACHE", "0")


@pytest.fixture(autouse=True)
def _whole_again():
    """This process, too, has met the servers that were away."""
    yield
    connections.close_all()
    servers.forget()


def posts_of(cluster_members, count):
    """Have each member publish so many posts, in turn; returns their texts, newest first."""
    texts = [f"{visitor.username} {n}" for n in range(count) for visitor in cluster_members]
    for text in texts:
        visitor = next(v for v in cluster_members if v.username == text.split()[0])
        visitor.post("/posts/", text=text)
    return texts[::-1]


def test_with_a_shard_that_hangs_every_timeline_is_answered(uncached, site, cluster, settings):
    found = members(site.url)
    here, there = found["shard0"], found["shard1"]
    posts_of([here, there], 3)
    guest = Visitor(site.url)
    jobs = [(guest, "/public"), (there, "/"), (there, f"/@{there.username}"), (here, "/")]
    before = ask_all(jobs, each=EACH)

    with hanging(cluster, *servers_of(settings, "shard0")):
        during = ask_all(jobs, each=EACH)

    for number, (_, path) in enumerate(jobs):
        print(f"\n{number} {path} before: {described(before[jobs[number]])}")
        print(f"{number} {path} during: {described(during[jobs[number]])}")
    answered = sum(one.status == 200 for answers in during.values() for one in answers)
    total = sum(len(answers) for answers in during.values())
    print(f"answered: {answered} of {total}")
    assert answered == total == EACH * len(jobs)
    for answers in before.values():
        assert all(
            one.headers["Harvest"].split("/")[0] == one.headers["Harvest"][-1] for one in answers
        )
    assert {one.headers["Harvest"] for one in during[jobs[0]]} == {"1/2"}
    assert {one.headers["Harvest"] for one in during[jobs[3]]} <= {"0/1", "1/2"}
    assert {one.headers["Cache-Control"] for one in during[jobs[0]]} == {"no-store"}
    assert all("Some posts are missing" in one.text for one in during[jobs[0]])
    assert all(there.username in one.text for one in during[jobs[0]])
    # What needs only the other shard is whole, and hardly slower.
    assert {one.headers["Harvest"] for one in during[jobs[2]]} == {"1/1"}
    assert max(one.seconds for one in during[jobs[2]]) < 10


def test_what_was_missing_comes_first_when_the_shard_is_back(uncached, site, cluster, settings):
    found = members(site.url)
    texts = posts_of(list(found.values()), 23)
    guest = Visitor(site.url)

    with hanging(cluster, *servers_of(settings, "shard0")):
        first = Answer(guest, "/public")
        same = Answer(guest, "/public")
    assert first.headers["Harvest"] == same.headers["Harvest"] == "1/2"
    assert set(texts_of(first.text)) < set(texts)
    assert processes.wait_for(
        lambda: Answer(guest, "/public").headers.get("Harvest") == "2/2", 20, pause=0.2
    )
    shown, page = texts_of(first.text), first
    while match := re.search(r'href="(\?before=[^"]*)"', page.text):
        page = Answer(guest, f"/public{match[1]}")
        assert page.headers["Harvest"] == "2/2"
        shown += texts_of(page.text)

    print(f"shown: {len(set(shown))} of {len(texts)}, doubled: {len(shown) - len(set(shown))}")
    assert sorted(shown) == sorted(texts)
    assert texts_of(Answer(guest, "/public").text) == texts[:20]


def test_what_was_partial_is_in_no_cache(site, cluster, settings):
    found = members(site.url)
    texts = posts_of(list(found.values()), 4)
    guest = Visitor(site.url)
    store.flush()

    with hanging(cluster, *servers_of(settings, "shard0")):
        during = [Answer(guest, "/public") for _ in range(6)]

    def whole():
        page = Answer(guest, "/public")
        return page if page.headers["Harvest"] == "2/2" else None

    assert processes.wait_for(whole, 20, pause=0.2)
    after = []

    def all_whole():
        # On a busy machine a server is away once more; what a cache had kept would stay.
        after[:] = [Answer(guest, "/public") for _ in range(10)]
        return all(texts_of(page.text) == texts for page in after)

    processes.wait_for(all_whole, 30)
    complete = sum(texts_of(page.text) == texts for page in after)
    print(
        f"partial: {sum(p.headers['Harvest'] == '1/2' for p in during)} of {len(during)}; "
        f"whole afterwards: {complete} of {len(after)}"
    )
    assert {page.headers["Harvest"] for page in during} == {"1/2"}
    assert complete == len(after)


def test_with_a_primary_gone_its_replicas_answer_and_say_how_old_they_are(
    uncached, site, cluster, settings
):
    found = members(site.url)
    here = found["shard0"]
    posts_of([here], 2)

    def write():
        return refused(here, "/posts/", text="a thought worth keeping", key="k" * 32)

    with hanging(cluster, "shard0"):
        sent = write()
        pages = pages_until_aged(here, write)

    aged = [page for page in pages if page.headers["Aged"]]
    answered = sum(page.status == 200 for page in pages)
    print(f"answered: {answered} of {len(pages)}; marked as aged: {len(aged)}")
    assert {page.status for page in pages} == {200}
    assert all(f"{here.username} 1" in page.text for page in pages)
    assert aged
    assert all(re.fullmatch(r"shard0=\d+", page.headers["Aged"]) for page in aged)
    assert all(page.headers["Cache-Control"] == "no-store" for page in aged)
    assert all("this may be as it was at" in page.text for page in aged)
    assert sent.code == 503
    assert sent.headers["Retry-After"] == "10"
    assert "a thought worth keeping" in sent.page
    assert f'name="key" value="{"k" * 32}"' in sent.page


def pages_until_aged(visitor, write):
    """Answers to what is looked at: a process learns that a primary is away when it asks it.

    So it is written to between pages: the kernel may have one of two processes answer all of them.
    """
    pages, until = [], time.monotonic() + 30
    while time.monotonic() < until and not any(page.headers["Aged"] for page in pages[15:]):
        if pages:
            write()
        pages += [Answer(visitor, path) for path in ("/", f"/@{visitor.username}", "/public")]
    return pages


def test_what_must_be_certain_is_refused(site, cluster, settings):
    found = members(site.url)
    here, there = found["shard0"], found["shard1"]
    posts_of([here], 1)
    post_id = Post.objects.scatter().page(limit=1).items[0].pk
    with hanging(cluster, "default"):
        answers = {
            "sign-up": refused(
                Visitor(site.url),
                "/accounts/sign-up",
                username="newcomer",
                email="n@example.org",
                password="a good long password",
            ),
            "sign-in": refused(
                Visitor(site.url),
                "/accounts/sign-in",
                username=here.username,
                password="a good long password",
            ),
        }
    assert processes.wait_for(lambda: Answer(here, "/").status == 200, 20)
    with hanging(cluster, "shard0"):
        answers |= {
            "block": refused(here, f"/moderation/people/{there.username}", do="block"),
            "follow": refused(here, f"/@{there.username}/follow"),
            "reply": refused(there, "/posts/", text="me too", in_reply_to=post_id),
            "like": refused(there, f"/posts/{post_id}/like"),
        }

    print({name: answer.code for name, answer in answers.items()})
    assert {answer.code for answer in answers.values()} == {503}
    assert all(answer.headers["Retry-After"] == "10" for answer in answers.values())
    said = ("does not answer", "is away", "fails just now")
    assert all(any(text in answer.page for text in said) for answer in answers.values())
    assert not Account.objects.filter(username="newcomer").exists()


def test_two_sends_of_one_form_at_once_post_once(site):
    visitor = Visitor(site.url)
    visitor.sign_up("twice")
    visitor.secret()
    start, pages = threading.Barrier(8), []

    def send():
        start.wait(10)
        pages.append(visitor.post("/posts/", text="only once", key="0123456789abcdef"))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = visitor.post("/posts/", text="only once", key="0123456789abcdef")

    print(f"posts: {Post.objects.scatter().count()} of 9 sends")
    assert len(pages) == 8
    assert all("only once" in page for page in (*pages, again))
    assert Post.objects.scatter().count() == 1


def refused(visitor, path, **fields):
    """Send a form that must be refused; returns the error, with its page."""
    try:
        page = visitor.post(path, **fields)
    except urllib.error.HTTPError as error:
        error.page = error.read().decode()
        error.close()
        return error
    raise AssertionError(f"{path} was not refused: {page}")
