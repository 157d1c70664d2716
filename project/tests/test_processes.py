"""The site as real processes: a post crosses shards, and outlives kill -9 of every part."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from django.db import connections

from apps.accounts.models import Account
from apps.cluster import plan as plans
from apps.cluster import processes
from apps.posts.models import Post
from apps.sharding import directory, ids
from apps.timelines.models import Entry
from project.testing import kill
from project.tests.visitor import Visitor, texts_of

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def site(start_process, tmp_path):
    """Start web and worker; gives the address and the functions that start them again."""
    port = plans.free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"

    def web():
        gunicorn = ("gunicorn", "--config", "python:project.serving.web")
        process = start_process(*gunicorn, "--bind", f"127.0.0.1:{port}", ROOKERY_SITE_URL=url)
        assert processes.wait_for(lambda: answers(f"{url}/health/live"), 30)
        return process

    def worker():
        return start_process(
            "celery", "--quiet", "-A", "project", "worker", "-c", "1", "--without-mingle"
        )

    beat = ("celery", "--quiet", "-A", "project", "beat", "--pidfile=")
    start_process(*beat, "--schedule", str(tmp_path / "beat"))

    return url, web, worker


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def psql(alias, query):
    """Ask a shard as an operator would."""
    values = connections[alias].settings_dict
    url = f"postgresql://{values['USER']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    from apps.cluster import programs

    done = subprocess.run(
        [programs.postgres("psql"), "-Atc", query, url],
        env={**os.environ, "PGPASSWORD": values["PASSWORD"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def on_both_shards(url):
    """Sign visitors up until there is one on each shard."""
    found = {}
    for number in range(40):
        visitor = Visitor(url)
        visitor.sign_up(f"visitor{number}")
        account = Account.objects.get(username=f"visitor{number}")
        found.setdefault(directory.shard_of_id(account.pk), (visitor, account))
        if len(found) == 2:
            return found["shard0"], found["shard1"]
    raise AssertionError("forty accounts on one shard")


def test_a_post_reaches_a_follower_on_another_shard(site):
    url, web, worker = site
    web(), worker()
    (a, account_a), (b, account_b) = on_both_shards(url)
    a.post(f"/@{account_b.username}/follow")

    b.post("/posts/", text="across the shards")

    assert processes.wait_for(lambda: "across the shards" in a.get("/"), 20)
    post = Post.objects.get(author_id=account_b.pk)
    assert psql("shard1", "SELECT id FROM posts_post") == [str(post.pk)]
    assert psql("shard0", "SELECT id FROM posts_post") == []
    assert psql("shard0", "SELECT account_id, post_id FROM timelines_entry") == [
        f"{account_a.pk}|{post.pk}"
    ]
    assert psql("shard1", "SELECT count(*) FROM timelines_entry") == ["0"]
    for alias in ("shard0", "shard1"):
        mine = {n for n in range(ids.BUCKETS) if directory.shard_of(n) == alias}
        buckets = psql(alias, "SELECT DISTINCT (id >> 12) & 1023 FROM accounts_profile")
        assert {int(bucket) for bucket in buckets} <= mine


def test_nothing_acknowledged_is_lost_by_kill_9(site, cluster):
    url, web, worker = site
    running = {"web": web(), "worker": worker()}
    (a, account_a), (b, account_b) = on_both_shards(url)
    a.post(f"/@{account_b.username}/follow")
    acknowledged = []

    def write(count):
        for _ in range(count):
            text = f"post {len(acknowledged)}"
            b.post("/posts/", text=text)
            acknowledged.append(text)

    write(15)
    kill(running["worker"])
    write(15)
    os.kill(cluster.valkey().process.pid, signal.SIGKILL)
    write(15)
    kill(running["web"])
    os.kill(server(cluster, "shard0-replica0").process.pid, signal.SIGKILL)
    cluster.up()
    running = {"web": web(), "worker": worker()}
    write(15)

    def arrived():
        return Entry.objects.filter(account_id=account_a.pk).count() >= len(acknowledged)

    assert processes.wait_for(arrived, 60, pause=0.5)
    posts = dict(Post.objects.filter(author_id=account_b.pk).values_list("pk", "text"))
    entries = list(Entry.objects.filter(account_id=account_a.pk).values_list("post_id", flat=True))
    lost = set(acknowledged) - {posts[post_id] for post_id in entries}
    print(f"lost: {len(lost)} of {len(acknowledged)}")
    assert lost == set()
    assert len(entries) == len(set(entries)) == len(posts) == len(acknowledged)
    assert texts_of(a.get("/")) == acknowledged[::-1][:20]


def test_a_killed_replica_fails_no_request(site, cluster):
    url, web, _ = site
    web()
    visitor = Visitor(url)
    visitor.sign_up("reader")
    visitor.post("/posts/", text="still here")
    failed = 0
    try:
        for number in range(40):
            if number == 10:
                for name in ("shard0-replica0", "shard1-replica0", "directory-replica0"):
                    os.kill(server(cluster, name).process.pid, signal.SIGKILL)
            failed += "still here" not in visitor.get("/")
    finally:
        cluster.up()

    print(f"failed: {failed} of 40")
    assert failed == 0


def test_with_a_primary_away_a_draft_is_kept_and_other_shards_go_on(site, cluster):
    url, web, _ = site
    web()
    (a, _), (b, _) = on_both_shards(url)
    os.kill(server(cluster, "shard0").process.pid, signal.SIGKILL)
    try:
        with pytest.raises(urllib.error.HTTPError) as refused:
            a.post("/posts/", text="a thought worth keeping")
        page = refused.value.read().decode()
        written = b.post("/posts/", text="elsewhere life goes on")
    finally:
        cluster.up()
        connections["shard0"].close()

    assert refused.value.code == 503
    assert refused.value.headers["Retry-After"] == "10"
    assert "a thought worth keeping" in page
    assert "elsewhere life goes on" in written
    a.post("/posts/", text="a thought worth keeping")
    assert "a thought worth keeping" in a.get("/")


def server(cluster, name):
    return next(s for s in cluster.servers() if s.node.name == name)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"ROOKERY_SITE_URL": "rookery.example"}, "ROOKERY_SITE_URL"),
        ({"ROOKERY_TOPOLOGY": "{}"}, "ROOKERY_TOPOLOGY"),
        ({"ROOKERY_DEBUG": "perhaps"}, "ROOKERY_DEBUG"),
        ({"ROOKERY_SECRET_KEY": "short"}, "ROOKERY_SECRET_KEY"),
    ],
)
def test_nonsense_in_the_environment_stops_the_start(variables, named):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={**os.environ, **variables},
        cwd=os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr
