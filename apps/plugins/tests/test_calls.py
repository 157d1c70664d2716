"""Hooks are called in order, and what a plugin does wrong stays with the plugin."""

import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.http import HttpRequest

from apps.accounts.models import Account
from apps.cluster import processes
from apps.kernel import upkeep
from apps.plugins import calls, hooks, manager, strikes, switches, threads
from apps.plugins.errors import NotAPlugin
from apps.plugins.hooks import Entry
from apps.plugins.markers import hookimpl
from apps.plugins.models import Fault
from apps.posts import hooks as post_hooks
from apps.posts import services as posts
from apps.posts.errors import TextRefused
from apps.posts.hooks import Draft
from apps.replication import scopes, tokens
from apps.replication.tokens import Position

in_a_transaction = pytest.mark.django_db(databases="__all__")
with_commits = pytest.mark.django_db(databases="__all__", transaction=True)


def adding(letter, order=0):
    @hookimpl(order=order)
    def filter_draft(draft):
        return Draft(draft.author_id, draft.text + letter)

    return filter_draft


def entry(*lines):
    @hookimpl
    def navigation():
        return [Entry(line, "/") for line in lines]

    return navigation


def doing(function):
    @hookimpl
    def navigation(request):
        function()
        return [Entry("done", "/")]

    return navigation


def navigation():
    found = calls.gather(hooks.navigation, request=HttpRequest())
    return [line.label for lines in found for line in lines]


@in_a_transaction
def test_filters_run_in_their_declared_order_and_then_by_name(make_plugin):
    make_plugin("later", adding("3", order=5))
    make_plugin("zebra", adding("2"))
    make_plugin("aardvark", adding("1"))
    make_plugin("first", adding("0", order=-1))

    found = calls.pipe(post_hooks.filter_draft, Draft(1, ""))

    assert found.text == "0123"


@in_a_transaction
def test_a_faulty_filter_is_passed_by(make_plugin, make_account):
    @hookimpl
    def filter_draft(draft):
        raise ValueError("oh")

    make_plugin("aardvark", adding(" 1"))
    make_plugin("middle", filter_draft)
    make_plugin("zebra", adding(" 2"))

    post = posts.publish(author_id=make_account().pk, text="hello")

    assert post.text == "hello 1 2"
    assert Fault.objects.get().error == "ValueError: oh"


@in_a_transaction
def test_a_filter_may_refuse_and_that_is_no_fault(client, make_plugin, make_account):
    @hookimpl
    def filter_draft(draft):
        raise TextRefused("Not with that word.")

    make_plugin("strict", filter_draft)
    client.force_login(make_account())

    answer = client.post("/posts/", {"text": "a word"})

    assert answer.status_code == 422
    assert "Not with that word." in answer.text
    assert "a word</textarea>" in answer.text
    assert not Fault.objects.exists()


def recurse():
    recurse()


@pytest.mark.parametrize("error", [ValueError, SystemExit, RecursionError, GeneratorExit])
@pytest.mark.parametrize("threaded", [True, False])
@with_commits
def test_whatever_is_raised_is_cut_off_and_the_others_are_heard(make_plugin, error, threaded):
    def fail():
        recurse() if error is RecursionError else None
        raise error

    make_plugin("aardvark", entry("a"))
    make_plugin("bad", doing(fail))
    make_plugin("zebra", entry("z"))

    if threaded:
        assert navigation() == ["a", "z"]
    else:
        with transaction.atomic(using="shard0"):
            assert navigation() == ["a", "z"]

    assert Fault.objects.get().traceback.rstrip().splitlines()[-1].startswith(error.__name__)


@pytest.mark.parametrize("answer", [5, "text", [1], [("a",)], None])
@in_a_transaction
def test_an_answer_of_another_shape_is_a_fault(make_plugin, answer):
    @hookimpl
    def navigation():
        return answer

    make_plugin("bad", navigation)

    assert calls.gather(hooks.navigation, request=HttpRequest()) == []
    assert "TypeError" in Fault.objects.get().error


@in_a_transaction
def test_html_is_escaped_unless_it_says_that_it_is_safe(make_plugin):
    @hookimpl
    def column():
        return "<b>"

    make_plugin("plain", column)

    assert calls.gather(hooks.column, request=HttpRequest()) == ["&lt;b&gt;"]


@in_a_transaction
def test_three_faults_in_a_row_switch_a_plugin_off_and_a_good_call_begins_the_row_anew(make_plugin):
    turns = iter([1, 1, 0, 1, 1, 1, 0])

    make_plugin("shaky", doing(lambda: 1 / 0 if next(turns) else None))
    found = [navigation() for _ in range(8)]

    assert found == [[], [], ["done"], [], [], [], [], []]
    row = switches.Switch.objects.get(name="shaky")
    assert row.state == "quarantined"
    assert "ZeroDivisionError" in row.reason
    assert next(turns) == 0


@in_a_transaction
def test_faults_of_other_hooks_make_no_row(make_plugin):
    @hookimpl
    def column():
        raise ValueError

    make_plugin("shaky", doing(lambda: 1 / 0), column)

    navigation(), navigation()
    calls.gather(hooks.column, request=HttpRequest())

    assert switches.is_on("shaky")


@with_commits
def test_the_core_does_not_wait_for_a_plugin_that_sleeps(make_plugin):
    make_plugin("sleeper", doing(lambda: time.sleep(2)))
    make_plugin("zebra", entry("z"))

    begun = time.monotonic()
    found = navigation()

    assert found == ["z"]
    assert 0.2 < time.monotonic() - begun < 1
    assert threads.stuck()["sleeper"] == 1
    assert "nobody waits" in Fault.objects.get().error


@with_commits
def test_what_was_seen_before_a_call_was_cut_off_comes_home(make_plugin):
    seen, never = Position(1, 50), threading.Event()
    make_plugin("a", doing(lambda: tokens.advance(scopes.current().token, "shard0", seen)))
    make_plugin("b", doing(never.wait))

    with scopes.scope() as scope:
        assert navigation() == ["done"]
        assert scope.token["shard0"] == seen
    never.set()
    assert processes.wait_for(lambda: "b" not in threads.stuck(), 5)


@with_commits
def test_threads_left_behind_are_few(make_plugin, monkeypatch):
    monkeypatch.setattr(strikes, "MOST", 100)
    never = threading.Event()
    make_plugin("hung", doing(never.wait))

    for _ in range(threads.MOST_STUCK + 3):
        assert navigation() == []

    assert threads.stuck()["hung"] == threads.MOST_STUCK
    never.set()
    assert processes.wait_for(lambda: "hung" not in threads.stuck(), 5)
    assert "still hang" in Fault.objects.first().error


@with_commits
def test_they_are_few_behind_a_good_plugin_too(make_plugin, monkeypatch):
    monkeypatch.setattr(strikes, "MOST", 100)
    never = threading.Event()
    make_plugin("good", entry("good"))
    make_plugin("hung", doing(never.wait))

    for _ in range(threads.MOST_STUCK + 3):
        assert navigation() == ["good"]

    assert threads.stuck()["hung"] == threads.MOST_STUCK
    never.set()
    assert processes.wait_for(lambda: "hung" not in threads.stuck(), 5)


@with_commits
def test_a_loop_without_end_is_ended(make_plugin):
    namespace = {"__name__": "spinner_package.plugin"}
    exec("def spin():\n    while True:\n        pass\n", namespace)
    make_plugin("spinner", doing(namespace["spin"]))

    assert navigation() == []

    assert processes.wait_for(lambda: "spinner" not in threads.stuck(), 5)


@with_commits
def test_a_plugin_that_asks_too_much_is_cut_off_even_if_it_catches_that(make_plugin, count_queries):
    def ask():
        for _ in range(1000):
            try:
                list(Account.objects.all())
            except BaseException:
                continue

    make_plugin("greedy", doing(ask))
    executed = []

    def note(execute, *args):
        executed.append(1)
        return execute(*args)

    with transaction.atomic(using="shard0"), connection.execute_wrapper(note):
        assert navigation() == []

    assert len(executed) <= 5 + 10  # the hook's five, and those that write the fault down
    assert "more than 5 queries" in Fault.objects.get().error


@with_commits
def test_what_an_add_on_asks_for_itself_is_not_the_plugins(make_plugin):
    def ask():
        for _ in range(5):
            Account.objects.exists()
        with upkeep.own():
            Account.objects.exists()

    make_plugin("modest", doing(ask))

    navigation()

    assert not Fault.objects.exists()


@with_commits
def test_what_is_cut_off_writes_no_more(make_plugin, make_account):
    wren = make_account("wren")

    def late():
        time.sleep(0.6)
        Account.objects.filter(pk=wren.pk).update(email="late@example.org")

    make_plugin("late", doing(late))
    navigation()

    assert processes.wait_for(lambda: "late" not in threads.stuck(), 5)
    wren.refresh_from_db()
    assert wren.email == "wren@example.org"


@in_a_transaction
def test_in_a_transaction_a_faulty_plugin_loses_its_own_writes_and_no_others(
    make_plugin, make_account
):
    wren = make_account("wren")

    def write():
        Account.objects.filter(pk=wren.pk).update(email="x@example.org")
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    make_plugin("bad", doing(write))
    Account.objects.filter(pk=wren.pk).update(username="core")

    assert navigation() == []

    wren.refresh_from_db()
    assert (wren.username, wren.email) == ("core", "wren@example.org")


@in_a_transaction
def test_a_call_within_a_call_keeps_what_each_has_written(make_plugin, make_account):
    ada, wren = make_account("ada"), make_account("wren")

    @hookimpl
    def column():
        Account.objects.filter(pk=ada.pk).update(email="inner@example.org")
        return "inner"

    def write():
        calls.gather(hooks.column, request=HttpRequest())
        Account.objects.filter(pk=wren.pk).update(email="outer@example.org")

    make_plugin("nested", doing(write), column)

    assert navigation() == ["done"]

    emails = Account.objects.order_by("email").values_list("email", flat=True)
    assert list(emails) == ["inner@example.org", "outer@example.org"]


@with_commits
def test_a_plugin_reads_what_its_reader_has_written(make_plugin, make_account):
    found = []
    make_plugin("reader", doing(lambda: found.append(Account.objects.count())))

    with scopes.scope():
        make_account()
        assert navigation() == ["done"]

    assert found == [1]


@in_a_transaction
def test_a_hook_of_another_version_or_name_is_refused(make_plugin):
    @hookimpl(version=2)
    def navigation():
        return []

    @hookimpl
    def no_such_hook():
        return []

    with pytest.raises(NotAPlugin, match=r"implements version 2 of navigation; here is version 1"):
        make_plugin("newer", navigation)
    with pytest.raises(NotAPlugin, match="no hook 'no_such_hook'"):
        make_plugin("lost", no_such_hook)
    assert not switches.is_on("newer")


def test_every_hook_says_what_it_is_for_and_has_types():
    for spec in manager.specs():
        assert spec.__doc__
        assert "return" in spec.__annotations__
