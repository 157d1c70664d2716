"""Very many sign up for few names while web processes are killed: each name has one winner.

`SIGN_UPS=10000 NAMES=1000 pytest project/tests/test_sign_up_storm.py -s` is the whole of it; by
default it is a twentieth of that.
"""

import http.client
import os
import queue
import random
import threading
import time
import urllib.error
from collections import Counter

import pytest

from apps.accounts.models import Account, Profile
from apps.cluster import plan as plans
from apps.cluster import processes
from project.testing import kill
from project.tests.test_processes import answers
from project.tests.visitor import Visitor

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

SIGN_UPS = int(os.environ.get("SIGN_UPS", "500"))
NAMES = int(os.environ.get("NAMES", "50"))
AT_ONCE = 16
SITES = 2


@pytest.fixture
def sites(start_process):
    """Return the addresses of web processes, and a function that starts one of them (again)."""
    urls = [f"http://127.0.0.1:{port}" for port in plans.free_ports(SITES)]

    def start(url):
        gunicorn = ("gunicorn", "--config", "python:project.serving.web", "--workers", "1")
        return start_process(*gunicorn, "--bind", url.removeprefix("http://"), ROOKERY_SITE_URL=url)

    return urls, start


class Crowd:
    """Threads that sign up; what each was told, by address."""

    def __init__(self, urls):
        self.urls, self.waiting = urls, queue.SimpleQueue()
        self.told, self.outcomes = {}, Counter()
        for number in random.sample(range(SIGN_UPS), SIGN_UPS):
            self.waiting.put((f"name{number % NAMES}", f"{number}@example.org"))
        self.threads = [threading.Thread(target=self.work) for _ in range(AT_ONCE)]

    def work(self):
        while True:
            try:
                name, email = self.waiting.get_nowait()
            except queue.Empty:
                return
            self.told[email] = outcome = attempt(random.choice(self.urls), name, email)
            self.outcomes[outcome] += 1


def attempt(url, name, email):
    """Sign up once; returns `won`, `taken`, or `no answer`: then nobody knows."""
    visitor = Visitor(url)
    fields = {"username": name, "email": email, "password": "a good long password"}
    try:
        page = visitor.post("/accounts/sign-up", **fields)
    except urllib.error.HTTPError as error:
        error.close()
        return f"refused with {error.code}"
    except (OSError, http.client.HTTPException):
        time.sleep(0.2)
        return "no answer"
    return "won" if "Sign out" in page else "taken" if "is taken" in page else "strange"


def test_each_name_has_one_winner_and_none_is_held_by_nobody(sites):
    urls, start = sites
    running = {url: start(url) for url in urls}
    assert processes.wait_for(lambda: all(answers(f"{url}/health/live") for url in urls), 40)
    crowd, killed = Crowd(urls), 0
    for thread in crowd.threads:
        thread.start()
    while any(thread.is_alive() for thread in crowd.threads):
        time.sleep(random.uniform(1, 4))
        url = random.choice(urls)
        kill(running[url])
        killed += 1
        running[url] = start(url)
        processes.wait_for(lambda url=url: answers(f"{url}/health/live"), 40)
    for thread in crowd.threads:
        thread.join()

    names = [f"name{number}" for number in range(NAMES)]
    free = [name for name in names if not Account.objects.filter(username=name).exists()]
    late = [attempt(urls[0], name, f"late-{name}@example.org") for name in free]
    rows = list(Account.objects.filter(username__in=names))
    complete = sum(
        Profile.objects.filter(id=row.pk, username=row.username).exists() for row in rows
    )
    owners = {row.email for row in rows}
    told = {email for email, outcome in crowd.told.items() if outcome == "won"}
    print(
        f"\n{SIGN_UPS:,} sign-ups, {killed} kills: {dict(crowd.outcomes)}; names with one winner: "
        f"{len(rows)} of {NAMES}, with a profile: {complete}; still free after it, then taken by "
        f"the next: {len(free)}; told of winning without: {len(told - owners)} of {len(told)}"
    )
    assert killed > 0
    assert set(late) <= {"won"}
    assert sorted(row.username for row in rows) == sorted(names)
    assert complete == NAMES
    assert told <= owners
    assert "strange" not in crowd.outcomes
