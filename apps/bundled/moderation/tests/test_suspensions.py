"""Suspensions and appeals: who is out, who learns why, and the way back."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from apps.accounts import services as accounts
from apps.bundled.moderation import actions, appeals, suspensions
from apps.bundled.moderation.errors import AlreadyDecided
from apps.bundled.moderation.kinds import AppealState, Deed
from apps.bundled.moderation.models import Action, Appeal, Suspension
from apps.bundled.moderation.tests.test_sight import suspend
from apps.plugins import switches
from apps.posts import services as posts
from apps.push import visitors

pytestmark = pytest.mark.django_db(databases="__all__")

PASSWORD = "a good long password"


def sign_in(client, path="/accounts/sign-in"):
    return client.post(path, {"username": "ada", "password": PASSWORD})


def is_signed_in(client):
    return client.get("/public").context["request"].user.is_authenticated


def appeal_url(answer):
    return answer.text.partition('href="/moderation/appeals/')[2].partition('"')[0]


def test_a_suspension_ends_all_sessions_and_no_new_one_begins(client, ada, staff):
    assert sign_in(client).status_code == 302
    cookies = client.cookies.output(header="", sep=";")
    assert visitors.account_in(cookies) == ada.pk

    suspend(ada, staff)

    assert not is_signed_in(client)
    assert visitors.account_in(cookies) == 0
    answer = sign_in(client)
    assert answer.status_code == 200
    assert "suspended: “enough”" in answer.text
    assert "moderation/appeals/" in answer.text
    assert not is_signed_in(client)
    wrong = client.post("/accounts/sign-in", {"username": "ada", "password": "wrong"})
    assert "suspended" not in wrong.text


def test_suspended_staff_do_not_sign_in_to_admin_either(client, make_account, staff):
    ada = make_account("ada", is_staff=True)
    suspend(ada, staff)

    answer = sign_in(client, "/accounts/sign-in?next=/admin/")

    assert "suspended: “enough”" in answer.text
    assert client.get("/admin/").status_code == 302


def test_a_suspension_ends_by_itself(client, ada, staff):
    suspend(ada, staff, until=timezone.now() + timedelta(days=2))
    assert suspensions.is_suspended(ada.pk)
    assert " UTC: “enough”" in sign_in(client).text

    past = timezone.now() - timedelta(seconds=1)
    Suspension.objects.filter(account_id=ada.pk).update(until=past)

    assert not suspensions.is_suspended(ada.pk)
    assert suspensions.of(ada.pk) is None
    assert sign_in(client).status_code == 302


def test_a_lifted_suspension_is_over_and_the_account_is_told(client, ada, staff):
    suspend(ada, staff)
    client.force_login(staff)
    chosen = {"action": "lift", "_selected_action": ada.pk}
    assert "@ada" in client.get("/admin/moderation/suspension/").text
    client.post("/admin/moderation/suspension/", chosen)
    client.logout()

    assert sign_in(client).status_code == 302
    assert "Suspension lifted" in client.get("/public").text
    lines = [line.deed for line in actions.of_account(ada.pk)]
    assert lines == [Deed.LIFTED, Deed.SUSPENDED]
    suspensions.lift(account_id=ada.pk, by_id=staff.pk, reason="again")
    assert len(actions.of_account(ada.pk)) == 2


def test_the_log_decides_whatever_ended_half_way(ada, staff, deliver):
    actions.record(account_id=ada.pk, by_id=staff.pk, deed=Deed.SUSPENDED, reason="enough")
    assert not suspensions.is_suspended(ada.pk)

    deliver()
    assert suspensions.is_suspended(ada.pk)
    ada.refresh_from_db()
    epoch = ada.session_epoch
    suspensions.align(account_id=ada.pk)
    ada.refresh_from_db()
    assert ada.session_epoch == epoch

    actions.record(account_id=ada.pk, by_id=staff.pk, deed=Deed.LIFTED)
    deliver()
    assert not suspensions.is_suspended(ada.pk)


def test_off_who_is_suspended_signs_in_and_on_again_not(client, ada, staff):
    suspend(ada, staff)

    switches.switch("moderation", "off")
    assert sign_in(client).status_code == 302
    client.logout()
    switches.switch("moderation", "on")
    assert sign_in(client).status_code == 200


def test_where_nobody_knows_who_is_suspended_nobody_signs_in(client, ada, monkeypatch):
    def fail(_):
        raise ValueError

    monkeypatch.setattr(suspensions, "of", fail)

    answer = sign_in(client)
    assert answer.status_code == 200
    assert "Try again in a moment" in answer.text


def test_who_is_suspended_appeals_once_without_signing_in(client, ada, staff):
    suspend(ada, staff)
    token = appeal_url(sign_in(client))
    page = f"/moderation/appeals/{token}"
    assert "“enough”" in client.get(page).text

    assert client.post(page, {"text": ""}).status_code == 422
    client.post(page, {"text": "it was not me"})
    assert "not answered yet" in client.get(page).text
    assert client.post(page, {"text": "please"}).status_code == 400

    assert Appeal.objects.get(account_id=ada.pk).text == "it was not me"
    assert [line.deed for line in actions.of_account(ada.pk)] == [Deed.APPEALED, Deed.SUSPENDED]


def test_staff_uphold_an_appeal_and_the_suspension_ends(client, ada, staff):
    suspend(ada, staff)
    action = Action.objects.get(account_id=ada.pk)
    appeals.make(action=action, text="it was not me")
    client.force_login(staff)
    assert "it was not me" in client.get("/admin/moderation/appeal/").text
    page = f"/admin/moderation/appeal/{action.pk}/change/"
    assert "enough" in client.get(page).text

    client.post(page, {"upheld": "yes", "text": "you are right"})

    assert not suspensions.is_suspended(ada.pk)
    assert Appeal.objects.get(id=action.pk).state == AppealState.UPHELD
    assert {line.deed for line in actions.of_account(ada.pk)} == {
        Deed.SUSPENDED,
        Deed.APPEALED,
        Deed.UPHELD,
        Deed.LIFTED,
    }
    assert "you are right" in client.get(appeals.url_of(action.pk)).text
    with pytest.raises(AlreadyDecided):
        appeals.answer(appeal_id=action.pk, by_id=staff.pk, upheld=False, text="no")


def test_a_denied_appeal_changes_nothing_and_says_why(client, ada, staff):
    suspend(ada, staff)
    action = Action.objects.get(account_id=ada.pk)
    appeals.make(action=action, text="it was not me")
    appeals.answer(appeal_id=action.pk, by_id=staff.pk, upheld=False, text="it was")

    assert suspensions.is_suspended(ada.pk)
    assert "it was" in client.get(appeals.url_of(action.pk)).text


def test_who_is_warned_finds_the_appeal_on_the_page_of_the_standing(client, ada, staff):
    line = actions.record(account_id=ada.pk, by_id=staff.pk, deed=Deed.WARNED, reason="be nice")
    client.force_login(ada)

    answer = client.get("/moderation/standing")
    client.post(f"/moderation/appeals/{appeal_url(answer)}", {"text": "I was"})

    assert Appeal.objects.get(id=line.pk).text == "I was"


@pytest.mark.parametrize("deed", [Deed.DISMISSED, Deed.LIFTED, None])
def test_a_made_up_link_and_what_cannot_be_appealed_lead_nowhere(client, ada, staff, deed):
    line = deed and actions.record(account_id=ada.pk, by_id=staff.pk, deed=deed)
    path = appeals.url_of(line.pk) if line else f"/moderation/appeals/{signing.dumps(1)}"

    assert client.get(path).status_code == 404


def test_old_sessions_stay_good_and_end_all_at_once(client, ada):
    sign_in(client)
    assert is_signed_in(client)

    accounts.end_sessions(account_id=ada.pk)

    assert not is_signed_in(client)


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_with_the_cache_no_page_is_older_than_a_suspension_or_a_block(client, ada, wren, staff):
    from apps.bundled.moderation import relations

    posts.publish(author_id=ada.pk, text="a rook")
    client.force_login(wren)
    for _ in range(2):
        assert "a rook" in client.get("/public").text
        relations.block(owner_id=ada.pk, other_id=wren.pk)
        assert "a rook" not in client.get("/public").text
        relations.unblock(owner_id=ada.pk, other_id=wren.pk)
        assert "a rook" in client.get("/public").text
        suspend(ada, staff)
        assert "a rook" not in client.get("/public").text
        suspensions.lift(account_id=ada.pk, by_id=staff.pk, reason="")
