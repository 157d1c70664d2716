"""RabbitMQ in place of Valkey as the broker: the same, by its URL."""

import json
import os
import shutil
import subprocess

import pytest
from celery import current_app

from apps.cluster import plan as plans
from apps.cluster import processes
from apps.follows import loading as follows
from apps.posts import services as posts
from apps.timelines.models import Entry
from project.tests.test_kills import unfinished

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def rabbit(tmp_path):
    """The URL of a RabbitMQ of its own; without one the test is skipped, except in CI."""
    program = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    if not (shutil.which("erl") and os.path.exists(program)):
        if os.environ.get("CI"):
            pytest.fail("There is no rabbitmq-server here; CI installs one.")
        pytest.skip("There is no rabbitmq-server here: `apt-get install rabbitmq-server`.")
    port, distribution, names = plans.free_ports(3)
    environ = {
        **os.environ,
        "HOME": str(tmp_path),
        "RABBITMQ_NODENAME": f"rookery{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(tmp_path / "data"),
        "RABBITMQ_LOG_BASE": str(tmp_path / "log"),
        "RABBITMQ_PID_FILE": str(tmp_path / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(tmp_path / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(tmp_path / "rabbitmq"),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
    }
    # The server would start this one itself, and leave it behind.
    register = subprocess.Popen(["epmd"], env=environ)
    with (tmp_path / "rabbit.log").open("wb") as log:
        server = subprocess.Popen([program], env=environ, stdout=log, stderr=log)
    try:
        url = f"amqp://guest:guest@127.0.0.1:{port}//"
        assert processes.wait_for(lambda: answers(url), 60, pause=0.5)
        yield url
    finally:
        server.terminate()
        server.wait(60)
        register.terminate()
        register.wait(10)


def answers(url):
    from kombu import Connection

    try:
        with Connection(url, connect_timeout=2) as connection:
            connection.connect()
    except Exception:
        return False
    return True


def test_posts_are_fanned_out_over_rabbitmq(
    make_account, start_process, topology, rabbit, monkeypatch
):
    author, reader = make_account(shard="shard0"), make_account(shard="shard1")
    follows.load_follows([(reader.pk, author.pk)])
    tree = {**json.loads(topology), "broker": {"url": rabbit}}
    worker = ("celery", "--quiet", "-A", "project", "worker", "-c", "1", "--without-mingle")
    start_process(*worker, ROOKERY_TOPOLOGY=json.dumps(tree))
    monkeypatch.setattr(current_app.conf, "broker_write_url", rabbit)

    made = {posts.publish(author_id=author.pk, text=str(n)).pk for n in range(50)}

    assert processes.wait_for(lambda: unfinished() == 0, 60, pause=0.3)
    entries = Entry.objects.filter(account_id=reader.pk).values_list("post_id", flat=True)
    assert set(entries) == made
