"""What tests of faults share: servers that hang or are gone, and readers who count answers."""

import threading
import time
import urllib.error
from collections import Counter
from contextlib import contextmanager

from apps.accounts.models import Account
from apps.sharding import directory
from project.testing import stopped
from project.tests.visitor import Visitor

PASSWORD = "a good long password"


def process_of(cluster, alias):
    """Return the main process of a server, by its alias."""
    name = alias.replace("default", "directory").replace("_", "-")
    return next(one.process for one in cluster.servers() if one.node.name == name)


@contextmanager
def hanging(cluster, *aliases):
    """Have servers hang: their processes are stopped, their connections stay open."""
    with stopped(*(process_of(cluster, alias) for alias in aliases)):
        yield


def servers_of(settings, shard):
    """Return the aliases of all servers of a shard."""
    return [shard, *settings.REPLICATION_GROUPS[shard]]


def members(url):
    """Sign visitors up until there is one on each shard; returns them by shard, with names."""
    found = {}
    for number in range(40):
        visitor = Visitor(url)
        visitor.username = f"member{number}"
        visitor.sign_up(visitor.username)
        account = Account.objects.get(username=visitor.username)
        found.setdefault(directory.shard_of_id(account.pk), visitor)
        if len(found) == 2:
            return found
    raise AssertionError("forty accounts on one shard")


class Answer:
    """What came back: the status, the headers, the text, and the seconds that it took."""

    def __init__(self, visitor, path):
        began = time.monotonic()
        try:
            with visitor.opener.open(visitor.url + path, timeout=30) as response:
                self._keep(response)
        except urllib.error.HTTPError as error:
            self._keep(error)
            error.close()
        self.seconds = time.monotonic() - began

    def _keep(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()


def ask_all(jobs, *, each, threads=4):
    """Ask for each job (a visitor, a path) so often, from some threads; returns the answers."""
    answers = {job: [] for job in jobs}

    def work(part):
        for _ in range(each // threads):
            for visitor, path in jobs:
                answers[visitor, path].append(Answer(visitor, path))
        part.append(True)

    done = []
    running = [threading.Thread(target=work, args=(done,)) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert len(done) == threads
    return answers


def described(answers):
    """Return how many answers of which kind there were, and how long they took."""
    kinds = Counter((one.status, one.headers.get("Harvest", "-")) for one in answers)
    took = sorted(one.seconds for one in answers)
    marks = {f"p{p}": took[min(len(took) - 1, int(len(took) * p / 100))] for p in (50, 99, 99.9)}
    times = ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in marks.items())
    return f"{dict(kinds)} of {len(took)}; {times}, at most {took[-1] * 1000:.0f} ms"
