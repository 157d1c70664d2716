"""Word rules: what they find, and what becomes of a draft."""

import time

import pytest

from apps.bundled.moderation import matching, rules
from apps.bundled.moderation.kinds import CaseKind, Deed, Treatment
from apps.bundled.moderation.matching import TooLong, Wanted
from apps.bundled.moderation.models import Action, Case, Rule
from apps.plugins import switches
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")

# Backtracks for longer than anybody lives.
ENDLESS = r"(a|aa)+$"


def rule(pattern, treatment="refuse", kind="word", position=100, reason="Be kind."):
    return Rule.objects.create(
        pattern=pattern, treatment=treatment, kind=kind, position=position, reason=reason
    )


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "finds"),
    [
        ("word", "crow", "A CROW!", True),
        ("word", "crow", "crowd", False),
        ("word", "crow", "ｃｒｏｗ", True),
        ("word", "crow", "cr\u200bow", True),
        ("word", "straße", "STRASSE", True),
        ("word", "c++", "I like c++ best", True),
        ("phrase", "buy now", "Buy,  NOW!", True),
        ("phrase", "buy now", "buy it now", False),
        ("regex", r"\bcr[o0]w\b", "a CR0W", True),
        ("regex", r"\bcr[o0]w\b", "a crown", False),
    ],
)
def test_what_a_rule_finds(kind, pattern, text, finds):
    wanted = Wanted(kind, pattern, "refuse", "")

    assert (matching.first([wanted], text) == wanted) is finds


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("word", ""), ("word", "two words"), ("phrase", " "), ("regex", "("), ("regex", "a*")],
)
def test_a_pattern_that_cannot_be_looked_for_is_refused(kind, pattern):
    with pytest.raises(ValueError, match=r"Give one word|no regular expression|every text"):
        matching.compiled(kind, pattern)


def test_an_endless_expression_is_cut_off():
    begun = time.monotonic()
    with pytest.raises(TooLong):
        matching.first([Wanted("regex", ENDLESS, "refuse", "")] * 10, "a" * 4000 + "b")

    assert time.monotonic() - begun < 0.5


def test_what_cannot_be_searched_in_time_is_held():
    rule(ENDLESS, kind="regex")

    found = rules.found_in("a" * 400 + "b")

    assert found.treatment == Treatment.HOLD
    assert rules.found_in("a" * 400 + "b", reviewed=True) is None


def test_the_first_rule_in_the_declared_order_acts():
    rule("crow", "refuse", position=20)
    rule("crow", "hold", position=10)

    assert rules.found_in("crow").treatment == Treatment.HOLD
    Rule.objects.filter(position=10).update(is_on=False)
    assert rules.found_in("crow").treatment == Treatment.REFUSE


def test_a_refused_draft_comes_back_with_the_reason_and_its_text(client, ada):
    rule("crow")
    client.force_login(ada)

    answer = client.post("/posts/", {"text": "you crow"})

    assert answer.status_code == 422
    assert "Be kind." in answer.text
    assert "you crow</textarea>" in answer.text
    assert Post.objects.scatter().count() == 0


def test_a_held_draft_waits_once_and_its_author_is_told(client, ada):
    rule("crow", "hold", reason="Birds are reviewed.")
    client.force_login(ada)

    for _ in range(2):
        answer = client.post("/posts/", {"text": "a crow"}, follow=True)

    assert "held for review" in answer.text
    assert Post.objects.scatter().count() == 0
    case = Case.objects.get(account_id=ada.pk)
    assert (case.kind, case.text, case.why) == (CaseKind.HELD, "a crow", "Birds are reviewed.")


def test_a_marked_post_goes_out_marked_and_is_listed_once(client, ada, deliver):
    rule("crow", "mark", reason="Mentions birds")
    client.force_login(ada)
    client.post("/posts/", {"text": "a crow"})
    deliver()
    deliver()

    client.logout()
    assert "Mentions birds" in client.get("/public").text
    case = Case.objects.get(account_id=ada.pk)
    assert (case.kind, case.text, case.why) == (CaseKind.MARKED, "a crow", "Mentions birds")

    switches.switch("moderation", "off")
    assert "Mentions birds" not in client.get("/public").text
    client.force_login(ada)
    assert client.post("/posts/", {"text": "another crow"}).status_code == 302


def test_off_nothing_is_refused_and_on_again_it_is(client, ada):
    rule("crow")
    client.force_login(ada)

    switches.switch("moderation", "off")
    assert client.post("/posts/", {"text": "crow"}).status_code == 302
    switches.switch("moderation", "on")
    assert client.post("/posts/", {"text": "crow"}).status_code == 422


def test_staff_write_rules_in_admin_and_the_audit_log_has_who_did(client, staff):
    client.force_login(staff)
    fields = {"pattern": "crow", "kind": "word", "treatment": "hold", "reason": "x", "position": 5}
    wrong = {**fields, "pattern": "(", "kind": "regex"}

    assert "no regular expression" in client.post("/admin/moderation/rule/add/", wrong).text
    client.post("/admin/moderation/rule/add/", {**fields, "is_on": "on"})
    made = Rule.objects.get()
    client.post(f"/admin/moderation/rule/{made.pk}/change/", {**fields, "reason": "y"})
    client.post(f"/admin/moderation/rule/{made.pk}/delete/", {"post": "yes"})

    lines = Action.objects.filter(account_id=staff.pk).order_by("id")
    assert [line.deed for line in lines] == [Deed.RULED] * 3
    assert [line.reason.partition(":")[0] for line in lines] == ["added", "changed", "deleted"]
    assert {line.by_id for line in lines} == {staff.pk}
    assert not Rule.objects.exists()
