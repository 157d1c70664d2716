"""One id goes with a request through web, worker, outbox and push."""

import json
import re

import pytest
from django.db import connections
from websockets.sync.client import connect

from apps.cluster import plan as plans
from apps.cluster import processes
from apps.posts import services as posts
from apps.tracing import trace
from apps.tracing.tasks import HEADER, TracedTask
from project.celery import app
from project.tests.test_processes import answers
from project.tests.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def test_an_event_and_what_its_subscribers_do_have_the_id_of_the_request(make_account, deliver):
    from apps.events.models import Event

    author = make_account("ada").pk
    reply = None
    with trace.scope("the-first-request"):
        post = posts.publish(author_id=author, text="hello")
    with trace.scope("the-second-request"):
        reply = posts.publish(author_id=make_account("wren").pk, text="hi", in_reply_to_id=post.pk)
    deliver()

    found = {
        (row.topic, row.key): row.request_id for row in Event.objects.scatter() if row.request_id
    }
    assert found["posts.post-published.v1", author] == "the-first-request"
    # What subscribers record in turn follows from the request that theirs follows from.
    notified = [rid for (topic, _), rid in found.items() if "account-notified" in topic]
    assert notified == ["the-second-request"]
    assert reply is not None


def test_a_task_runs_in_the_name_of_its_sender_or_in_its_own(monkeypatch):
    ran = []

    @app.task(base=TracedTask, name="test.traced", bind=True)
    def traced(self):
        ran.append(trace.current())

    sent = {}
    keep = lambda self, *args, headers, **options: sent.update(headers)  # noqa: E731
    monkeypatch.setattr("celery.Task.apply_async", keep)
    with trace.scope("request-17"):
        traced()
        traced.apply_async()
    traced()

    assert ran[0] == "request-17"
    assert sent[HEADER] == "request-17"
    assert trace.accepted(ran[1])
    assert trace.current() == ""


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_one_id_is_in_the_log_of_web_in_the_outbox_and_in_the_browser(
    start_process, tmp_path, settings
):
    port, push_port = plans.free_ports(2)
    url, push = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{push_port}"
    shared = {
        "ROOKERY_SITE_URL": url,
        "ROOKERY_PUSH_URL": push,
        "ROOKERY_LOG_FORMAT": "json",
        "ROOKERY_TRUSTED_PROXIES": "127.0.0.0/8",
    }
    for name, bound in (("web", port), ("push", push_port)):
        config = ("--config", f"python:project.serving.{name}")
        start_process("gunicorn", *config, "--bind", f"127.0.0.1:{bound}", **shared)
    worker = ("celery", "--quiet", "-A", "project", "worker", "-c", "1", "--without-mingle")
    start_process(*worker, **shared)
    assert processes.wait_for(lambda: answers(f"{url}/health/live"), 30)
    assert processes.wait_for(lambda: answers(f"http://127.0.0.1:{push_port}/health/live"), 30)
    visitor = Visitor(url)
    visitor.sign_up("ada")

    with connect(f"{push}/ws/", origin=url) as socket:
        socket.send(json.dumps({"do": "subscribe", "topics": ["public"]}))
        assert json.loads(socket.recv(20))["type"] == "subscribed"
        visitor.opener.addheaders = [("X-Request-ID", "follow-me-around")]
        visitor.post("/posts/", text="where does this go?")
        told = json.loads(socket.recv(20))

    assert told["request"] == "follow-me-around"
    assert "follow-me-around" in ids_in_the_outbox()
    web = lines_of(tmp_path / "process0.log")
    asked = [line for line in web if line.get("path") == "/posts/"]
    assert [(line["request_id"], line["status"], line["view"]) for line in asked] == [
        ("follow-me-around", 302, "posts:publish")
    ]
    assert {line["logger"] for line in web} >= {"apps.requests"}
    # Every line of web is JSON, gunicorn's own too.
    assert all(isinstance(line, dict) for line in web)


def ids_in_the_outbox():
    found = []
    for shard in ("shard0", "shard1"):
        with connections[shard].cursor() as cursor:
            cursor.execute("SELECT request_id FROM events_event WHERE topic LIKE 'posts.post-p%%'")
            found += [row[0] for row in cursor.fetchall()]
    return found


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines() if re.search(r"\S", line)]
