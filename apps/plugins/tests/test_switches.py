"""Switches by command and in admin; pages, tasks and topics that come and go with them."""

import io

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError
from django.http import HttpResponse
from django.urls import path

from apps.plugins import addresses, discovery, faults, gated, manager, switches
from apps.plugins.errors import PluginFailed
from apps.plugins.markers import hookimpl
from apps.plugins.models import Fault, Switch
from apps.push import topics

pytestmark = pytest.mark.django_db(databases="__all__")


def run(*words):
    said = io.StringIO()
    call_command("plugins", *words, stdout=said)
    return said.getvalue()


@pytest.fixture
def admin(client, make_account):
    client.force_login(make_account("root", is_staff=True, is_superuser=True))
    return client


def test_the_command_lists_and_switches(client):
    assert "hashtags" in run("list")

    assert "hashtags is off" in run("disable", "hashtags")
    assert client.get("/tags/rooks").status_code == 404
    assert "events replay" in run("enable", "hashtags")
    assert client.get("/tags/rooks").status_code == 200


def test_the_command_names_the_way_out_of_a_slip():
    with pytest.raises(CommandError, match="plugins list"):
        run("enable", "hashtag")


def test_the_command_checks_and_lists_hooks_and_metrics():
    assert "can be used" in run("check")
    listed = run("hooks")
    assert all(spec.__name__ in listed for spec in manager.specs())
    assert 'rookery_plugin_on{plugin="hashtags"} 1' in run("metrics")


def test_a_plugin_that_cannot_be_used_is_named_and_the_check_fails(monkeypatch):
    monkeypatch.setitem(manager._broken, "hashtags", "Traceback\nImportError: no rooks")

    with pytest.raises(CommandError, match="ROOKERY_SAFE_MODE"):
        run("check")
    assert "cannot be used" in run("list")


def test_admin_switches_and_shows_faults(admin):
    chosen = {"action": "turn_off", "_selected_action": ["hashtags"]}
    page = admin.get("/admin/plugins/switch/").text
    assert "Tags in posts" in page

    admin.post("/admin/plugins/switch/", chosen)
    assert admin.get("/tags/rooks").status_code == 404
    assert Switch.objects.get(name="hashtags").reason == "by @root"

    admin.post("/admin/plugins/switch/", {**chosen, "action": "turn_on"})
    assert admin.get("/tags/rooks").status_code == 200


def test_only_whoever_may_moves_switches(client, make_account):
    client.force_login(make_account("helper", is_staff=True))

    answer = client.post(
        "/admin/plugins/switch/", {"action": "turn_off", "_selected_action": ["hashtags"]}
    )

    assert answer.status_code == 403
    assert switches.is_on("hashtags")


def test_quarantine_says_so_in_admin_and_is_lifted_there(admin):
    for _ in range(3):
        faults.note("hashtags", "column", ValueError("no rooks today"))

    page = admin.get("/admin/plugins/switch/").text
    assert "quarantined" in page
    assert "no rooks today" in page
    assert "no rooks today" in admin.get("/admin/plugins/fault/").text

    admin.post("/admin/plugins/switch/", {"action": "turn_on", "_selected_action": ["hashtags"]})
    assert admin.get("/tags/rooks").status_code == 200


def test_a_late_fault_does_not_undo_what_an_operator_has_done_since():
    version = switches.standing("hashtags").version
    switches.switch("hashtags", "off")
    switches.switch("hashtags", "on")

    assert not switches.quarantine("hashtags", version, "late")
    assert switches.is_on("hashtags")


def test_a_unit_that_has_quarantined_keeps_it_off_while_the_directory_is_away(monkeypatch):
    def away(*_):
        raise OperationalError("gone")

    monkeypatch.setattr(faults, "_write", lambda report: None)
    for _ in range(3):
        faults.note("hashtags", "column", ValueError())
    monkeypatch.setattr(Switch.objects, "using", away)

    assert not switches.refresh()
    assert not switches.is_on("hashtags")


def test_few_faults_are_kept():
    for number in range(faults.KEPT + 5):
        faults._write(faults.Report(Fault(plugin="x", hook="h", unit="u", error=str(number)), None))

    assert Fault.objects.count() == faults.KEPT
    assert Fault.objects.first().error == str(faults.KEPT + 4)


def test_a_page_that_fails_is_a_fault_and_says_so(make_plugin, rf):
    def page(request):
        raise ValueError("oh")

    page.__module__ = "bad_package.views"
    make_plugin("bad")

    with pytest.raises(PluginFailed, match="“bad” of this site fails just now"):
        addresses.guarded("bad", page)(rf.get("/"))
    assert Fault.objects.get().hook.startswith("view bad_package.views")


def test_an_address_is_there_while_its_plugin_is_on(make_plugin):
    @hookimpl
    def urls():
        return [path("nest", lambda request: HttpResponse("eggs"), name="nest")]

    make_plugin("nesting", urls)
    gate = next(found for found in addresses.urlpatterns() if found.plugin == "nesting")

    assert gate.resolve("nest").func(None).content == b"eggs"
    switches.assume({"nesting": switches.Standing("off", 1)})
    with pytest.raises(addresses.Resolver404):
        gate.resolve("nest")


def test_no_page_asks_which_plugins_are_on(client, count_queries):
    client.get("/public")
    with count_queries() as queries:
        client.get("/public")

    assert not [sql for sql in queries if "plugins_" in sql]


@pytest.fixture
def task(make_plugin):
    """A task of a plugin, which notes what it is called with and raises what it is told to."""
    make_plugin("busy")
    module = {"__name__": "busy_package.tasks"}

    class Busy(gated.GatedTask):
        __module__ = module["__name__"]
        name = "busy.work"

        def __init__(self):
            self.done = []

        def run(self, error=None):
            self.done.append(error)
            if error:
                raise error

    Busy.bind(current_app)
    return Busy()


def test_a_task_runs_while_its_plugin_is_on_and_its_faults_end_there(task):
    task()
    task(ValueError("oh"))
    with pytest.raises(DatabaseError):
        task(OperationalError("gone"))
    assert len(task.done) == 3
    assert [fault.hook for fault in Fault.objects.all()] == ["task busy.work"]

    switches.assume({"busy": switches.Standing("off", 1)})
    task()
    assert len(task.done) == 3
    assert task.apply_async() is None


def test_a_topic_of_a_plugin_comes_and_goes_and_tells_nothing_when_it_fails(make_plugin):
    make_plugin("chatty")

    class Chat(topics.Topic):
        __module__ = "chatty_package.topics"
        name = "chat"
        about = "Chatter."
        events = {}

        def keys(self, account_id, argument):
            return [topics.EVERY]

        def messages(self, told):
            raise ValueError

    topics.register(Chat())
    try:
        assert topics.subscription("chat", 0).topic.keys(0, 0) == [topics.EVERY]
        assert topics.named("chat").messages([]) == {}
        assert Fault.objects.get().hook == "topic chat: messages"

        switches.assume({"chatty": switches.Standing("off", 1)})
        assert "chat" not in [topic.name for topic in topics.all_topics()]
        with pytest.raises(topics.Refused, match="no topic"):
            topics.subscription("chat", 0)
    finally:
        del topics._topics["chat"]


def test_every_bundled_plugin_says_what_it_is():
    for name, found in discovery.loaded().items():
        assert found.bundled
        assert manager.about(name)
        assert manager.hooks_of(name)
