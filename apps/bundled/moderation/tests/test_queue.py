"""Reports, the review queue in admin, and the audit log."""

import io
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from apps.bundled.moderation import actions, cases, reports, suspensions
from apps.bundled.moderation.errors import AlreadyDecided, AlreadyReported
from apps.bundled.moderation.kinds import CaseKind, Deed, Verdict
from apps.bundled.moderation.models import Action, Case, Report, Rule
from apps.events.models import Event
from apps.pictures import selectors
from apps.pictures import services as pictures
from apps.posts import services as posts
from apps.posts.errors import DraftTaken
from apps.posts.hooks import Draft
from apps.posts.kinds import Audience
from apps.posts.models import Post
from apps.sharding import directory
from apps.sharding.conf import conf
from apps.throttling.errors import TooMany
from apps.throttling.pace import Pace

pytestmark = pytest.mark.django_db(databases="__all__")

QUEUE = "/admin/moderation/case/"


@pytest.fixture
def post(ada):
    return posts.publish(author_id=ada.pk, text="a nasty word")


def report(by, post, **facts):
    given = {"reason": "abuse", "comment": "it hurts", **facts}
    reports.file(reporter_id=by.pk, account_id=post.author_id, post_id=post.pk, **given)


def the_case(account):
    return Case.objects.get(account_id=account.pk)


def decide(client, case, verdict, **fields):
    return client.post(f"{QUEUE}{case.pk}/change/", {"verdict": verdict, **fields}, follow=True)


def test_a_post_is_reported_from_its_page_once(client, ada, wren, post):
    client.force_login(wren)
    page = f"/moderation/posts/{post.pk}/report"
    assert f'href="{page}"' in client.get("/public").text

    assert client.post(page, {"comment": "no reason"}).status_code == 422
    client.post(page, {"reason": "abuse", "comment": "it hurts"})
    assert "reported this already" in client.get(page).text
    assert client.post(page, {"reason": "spam"}).status_code == 400

    assert Report.objects.filter(account_id=ada.pk).count() == 1
    case = the_case(ada)
    assert (case.kind, case.reports, case.text) == (CaseKind.REPORTED, 1, "a nasty word")


def test_an_account_is_reported_from_its_profile(client, ada, wren):
    client.force_login(wren)
    client.post("/moderation/people/ada/report", {"reason": "spam"})

    assert (the_case(ada).post_id, the_case(ada).reports) == (None, 1)
    client.force_login(ada)
    assert client.get("/moderation/people/ada/report").status_code == 400
    assert client.get("/moderation/posts/1/report").status_code == 404


def test_who_reports_is_counted_and_one_case_has_all_reports(ada, wren, make_account, post):
    report(wren, post)
    report(make_account(), post)
    with pytest.raises(AlreadyReported):
        report(wren, post)

    assert the_case(ada).reports == 2


def test_reports_are_bounded_by_the_hour(ada, wren, post, held):
    held(reporting=Pace(2, 3600))
    others = [posts.publish(author_id=ada.pk, text=str(number)) for number in range(2)]
    report(wren, post)
    report(wren, others[0])

    with pytest.raises(TooMany):
        report(wren, others[1])


def test_a_visitor_reports_nothing(client, post):
    page = f"/moderation/posts/{post.pk}/report"

    assert client.get(page).url.startswith("/accounts/sign-in")
    assert page not in client.get("/public").text


def test_the_queue_shows_what_is_open_with_all_that_is_known(client, ada, wren, staff, post):
    actions.record(account_id=ada.pk, by_id=staff.pk, deed=Deed.WARNED, reason="be nice")
    report(wren, post)
    client.force_login(staff)

    listed = client.get(QUEUE).text
    shown = client.get(f"{QUEUE}{the_case(ada).pk}/change/").text

    assert "a nasty word" in listed
    parts = ("a nasty word", "@ada", "it hurts", "@wren", "be nice", "@staff", "Account warned")
    assert [part for part in parts if part not in shown] == []
    assert client.get(f"{QUEUE}1/change/").status_code == 404


@pytest.mark.parametrize(
    ("verdict", "deed"),
    [("dismiss", "dismissed"), ("remove", "removed"), ("warn", "warned"), ("suspend", "suspended")],
)
def test_a_verdict_closes_the_case_acts_and_is_kept(client, ada, wren, staff, post, verdict, deed):
    report(wren, post)
    client.force_login(staff)
    decide(client, the_case(ada), verdict, reason="because", days=3)

    case = the_case(ada)
    assert (case.verdict, case.decided_by) == (verdict, staff.pk)
    line = Action.objects.get(account_id=ada.pk)
    assert (line.deed, line.by_id, line.reason, line.case_id, line.text) == (
        deed,
        staff.pk,
        "because",
        case.pk,
        "a nasty word",
    )
    assert Post.objects.filter(id=post.pk).exists() is (verdict != "remove")
    assert suspensions.is_suspended(ada.pk) is (verdict == "suspend")
    told = Event.objects.using(directory.shard_of_id(ada.pk)).get(topic="moderation.action.v1")
    assert told.payload["deed"] == deed
    assert "a nasty word" not in client.get(QUEUE).text
    assert "a nasty word" in client.get(f"{QUEUE}?verdict=all").text


def test_what_an_account_is_told_needs_a_reason(client, ada, wren, staff, post):
    report(wren, post)
    client.force_login(staff)

    answer = decide(client, the_case(ada), "warn")

    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert the_case(ada).verdict == Verdict.OPEN


def test_a_held_draft_is_published_or_refused(client, ada, staff, deliver):
    parent = posts.publish(author_id=staff.pk, text="say something")
    for text in ("yes", "no"):
        cases.hold(Draft(ada.pk, text, parent.pk), why="all is held")
    held = {case.text: case for case in Case.objects.filter(account_id=ada.pk)}
    client.force_login(staff)
    assert "remove" not in str(client.get(f"{QUEUE}{held['yes'].pk}/change/").context["form"])

    decide(client, held["yes"], "publish")
    decide(client, held["no"], "refuse", reason="no")
    assert decide(client, held["yes"], "publish").status_code == 422

    out = Post.objects.get(author_id=ada.pk)
    assert (out.text, out.in_reply_to_id) == ("yes", parent.pk)


def test_a_rule_reads_the_warning_and_a_held_draft_keeps_it_and_for_whom_it_is(client, ada, staff):
    Rule.objects.create(kind="word", pattern="look", treatment="hold")
    with pytest.raises(DraftTaken):
        posts.publish(author_id=ada.pk, text="here", warning="look", audience=Audience.FOLLOWERS)
    client.force_login(staff)

    decide(client, Case.objects.get(account_id=ada.pk), "publish")

    out = Post.objects.get(author_id=ada.pk)
    assert (out.text, out.warning, out.audience) == ("here", "look", Audience.FOLLOWERS)


def test_the_pictures_of_a_held_draft_wait_with_it(client, ada, staff, deliver, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    Rule.objects.create(kind="word", pattern="look", treatment="hold")
    texts = ("look here", "look there")
    kept, gone = (_with_picture(ada, text) for text in texts)
    later = timezone.now() + timedelta(days=2)
    assert [pictures.sweep(shard, now=later) for shard in conf().shards] == [0, 0]
    held = {case.text: case for case in Case.objects.filter(account_id=ada.pk)}
    client.force_login(staff)
    assert kept.name in client.get(f"{QUEUE}{held[texts[0]].pk}/change/").text

    decide(client, held[texts[0]], "publish")
    decide(client, held[texts[1]], "refuse", reason="no")
    deliver()

    out = Post.objects.get(author_id=ada.pk)
    assert [card.id for card in selectors.of_posts([out.pk])[out.pk]] == [kept.pk]
    assert (tmp_path / kept.name).exists()
    assert not (tmp_path / gone.name).exists()


def _with_picture(account, text):
    upload = io.BytesIO()
    Image.new("RGB", (40, 30)).save(upload, "PNG")
    upload.seek(0)
    row = pictures.store(author_id=account.pk, upload=upload)
    with pytest.raises(DraftTaken):
        posts.publish(author_id=account.pk, text=text, picture_ids=[row.pk])
    return row


def test_a_warned_account_is_told_on_every_page_until_it_has_read(client, ada, wren, staff, post):
    report(wren, post)
    cases.decide(case_id=the_case(ada).pk, by_id=staff.pk, verdict=Verdict.WARN, reason="be nice")
    client.force_login(ada)

    page = client.get("/public").text
    assert "Account warned" in page
    assert "be nice" in page
    line = Action.objects.get(account_id=ada.pk)
    answer = client.post("/moderation/standing/read", {"up_to": line.pk}, follow=True)
    assert "be nice" in answer.text  # on the page of one's standing it stays
    assert "be nice" not in client.get("/public").text
    client.force_login(wren)
    assert "good standing" in client.get("/moderation/standing").text


def test_nothing_in_the_audit_log_is_changed_or_deleted_through_admin(client, ada, wren, staff):
    line = actions.record(account_id=ada.pk, by_id=staff.pk, deed=Deed.WARNED, reason="be nice")
    actions.record(account_id=wren.pk, by_id=staff.pk, deed=Deed.LIFTED, reason="sorry")
    client.force_login(staff)
    page = "/admin/moderation/action/"

    assert "be nice" in client.get(page).text
    assert "sorry" in client.get(page).text
    assert "sorry" not in client.get(f"{page}?deed=warned").text
    assert "sorry" not in client.get(f"{page}?q=@ada").text
    assert client.get(f"{page}{line.pk}/change/").status_code == 200
    assert client.post(f"{page}{line.pk}/change/", {"reason": "nice"}).status_code == 403
    assert client.post(f"{page}{line.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{page}add/").status_code == 403
    client.post(page, {"action": "delete_selected", "_selected_action": line.pk, "post": "yes"})
    assert Action.objects.get(id=line.pk).reason == "be nice"


def test_staff_without_the_permission_look_and_do_not_decide(client, make_account, ada, wren, post):
    from django.contrib.auth.models import Permission

    report(wren, post)
    reader = make_account("reader", is_staff=True)
    client.force_login(reader)
    page = f"{QUEUE}{the_case(ada).pk}/change/"
    assert client.get(page).status_code in (403, 404)

    reader.user_permissions.add(Permission.objects.get(codename="view_case"))
    assert "not decide it" in client.get(page).text
    decide(client, the_case(ada), "remove", reason="x")
    assert the_case(ada).verdict == Verdict.OPEN


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_of_two_who_decide_at_once_one_does(ada, wren, staff, post):
    report(wren, post)
    case, barrier, outcomes = the_case(ada), threading.Barrier(2), []

    def go():
        from django.db import connections

        barrier.wait()
        try:
            cases.decide(case_id=case.pk, by_id=staff.pk, verdict=Verdict.WARN, reason="x")
            outcomes.append("decided")
        except AlreadyDecided:
            outcomes.append("too late")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["decided", "too late"]
    assert Action.objects.filter(account_id=ada.pk).count() == 1


def test_what_staff_change_elsewhere_in_admin_is_in_the_audit_log(client, ada, staff, post):
    client.force_login(staff)
    client.get("/admin/posts/post/")
    client.post("/admin/plugins/switch/", {"action": "turn_off", "_selected_action": "feeds"})
    client.post(f"/admin/posts/post/{post.pk}/delete/", {"post": "yes"})
    client.post(f"/admin/accounts/account/{ada.pk}/change/", {"email": "nonsense"})  # refused

    lines = Action.objects.filter(account_id=staff.pk).order_by("id")
    assert [(line.by_id, line.deed, line.reason) for line in lines] == [
        (staff.pk, Deed.CHANGED, "plugins_switch_changelist: turn_off feeds"),
        (staff.pk, Deed.CHANGED, f"posts_post_delete: {post.pk}"),
    ]


def test_long_lists_cost_one_query_a_shard_for_their_names(
    client, ada, staff, make_account, post, count_queries
):
    for _ in range(30):
        other = make_account()
        report(other, post)
        actions.record(account_id=other.pk, by_id=ada.pk, deed=Deed.WARNED, reason="x")
    client.force_login(staff)

    for path in ("/admin/moderation/action/", QUEUE, f"{QUEUE}{the_case(ada).pk}/change/"):
        with count_queries() as queries:
            assert client.get(path).status_code == 200
        assert len([sql for sql in queries if "accounts_profile" in sql]) <= 6


def test_what_plugins_keep_with_a_held_draft_is_looked_at_and_waits_with_it(client, ada, staff):
    Rule.objects.create(pattern="nasty", treatment="hold", reason="nasty")
    poll = {"options": ["nasty", "nice"], "seconds": 3600, "multiple": False}
    with pytest.raises(DraftTaken):
        posts.publish(author_id=ada.pk, text="which?", extras={"polls": poll})
    case = Case.objects.get(account_id=ada.pk)
    client.force_login(staff)
    assert '<li dir="auto">nice</li>' in client.get(f"{QUEUE}{case.pk}/change/").text

    cases.decide(case_id=case.pk, by_id=staff.pk, verdict=Verdict.PUBLISH, reason="fine")

    post = Post.objects.get(author_id=ada.pk)
    assert (post.text, post.extras) == ("which?", True)
    assert "nasty" in client.get(f"/@ada/{post.pk}").text
