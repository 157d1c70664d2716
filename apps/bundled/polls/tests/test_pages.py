"""Polls on pages: asked in the composer, voted for and looked at, with script and without."""

import re
import time

import pytest

from apps.bundled.polls import plugin
from apps.bundled.polls.models import Poll, Vote
from apps.follows import services as follows
from apps.kernel import dependencies
from apps.plugins import switches
from apps.posts import cards as post_cards
from apps.posts import drafts
from apps.posts.kinds import Audience
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")
HTMX = {"HX-Request": "true"}


def form(**fields):
    named = {f"polls-{name}": value for name, value in fields.items()}
    return {"text": "what to drink?", **named}


def test_the_composer_asks(client, ada):
    client.force_login(ada)
    assert 'name="polls-option_4"' in client.get("/").text

    client.post("/posts/", form(option_1="tea", option_3="water", multiple="on", seconds="300"))

    poll = Poll.objects.using("shard1").get()
    assert (poll.titles, poll.multiple) == ("tea\nwater", True)


def test_without_options_there_is_no_poll(client, ada):
    client.force_login(ada)

    client.post("/posts/", form(option_1=" ", seconds="300"))

    assert Post.objects.get(author_id=ada.pk).extras is False
    assert Poll.objects.using("shard1").count() == 0


def test_a_refused_poll_comes_back_with_what_was_said(client, ada):
    client.force_login(ada)

    answer = client.post("/posts/", form(option_1="only <tea>", seconds="3600"))

    assert answer.status_code == 422
    assert "Choices must have more than one item" in answer.text
    assert 'value="only &lt;tea&gt;"' in answer.text
    assert '<option value="3600" selected>' in answer.text
    assert Post.objects.using("shard1").count() == 0


def test_a_kept_draft_keeps_what_it_will_ask(client, ada):
    client.force_login(ada)
    client.post("/drafts/keep", form(option_1="tea", seconds="300", multiple="on"))
    kept = drafts.page(author_id=ada.pk).items[0]

    opened = client.get(f"/drafts/{kept.pk}").text
    asked = form(option_1="tea", option_2="water", seconds="300")
    client.post("/posts/", {**asked, "kept": kept.pk})

    assert 'name="polls-option_1" value="tea"' in opened
    assert '<option value="300" selected>' in opened
    assert Poll.objects.using("shard1").get().titles == "tea\nwater"
    assert drafts.page(author_id=ada.pk).items == []


def test_who_may_vote_chooses_and_then_sees_the_counts(client, asks, ada, wren):
    post = asks(ada, ("tea", "<coffee>"))
    client.force_login(wren)
    before = client.get("/public").text
    assert f'type="radio" name="poll-{post.pk}" value="1" form="act"' in before
    assert "&lt;coffee&gt;" in before
    assert "progress" not in before

    answer = client.post(f"/polls/{post.pk}/vote", {f"poll-{post.pk}": "1", "next": "/public"})

    assert (answer.status_code, answer.url) == (302, f"/public#post-{post.pk}")
    after = client.get("/public").text
    assert f'data-topic="poll:{post.pk}"' in after
    assert re.findall(r'<progress max="100" value="(\d+)"', after) == ["0", "100"]
    assert "1 person has voted" in after
    assert "your choice" in after


def test_with_script_the_part_changes_in_place(client, asks, ada, wren):
    post = asks(ada, multiple=True)
    client.force_login(wren)
    chosen = {f"poll-{post.pk}": ["0", "2"], "poll-17": "1"}

    answer = client.post(f"/polls/{post.pk}/vote", chosen, headers=HTMX)

    assert answer.text.startswith('<div class="poll"')
    assert Vote.objects.get(poll_id=post.pk).choices == 0b101
    again = client.post(f"/polls/{post.pk}/vote", chosen, headers=HTMX)
    assert (again.status_code, again.text) == (400, "You have already voted on this poll")


@pytest.mark.parametrize("who", ["nobody", "ada", "late"])
def test_others_see_the_counts(client, asks, ada, wren, ended, who):
    post = asks(ada)
    if who == "late":
        ended(post)
    if who != "nobody":
        client.force_login(ada if who == "ada" else wren)

    page = client.get(f"/@ada/{post.pk}").text

    assert page.count("<progress") == 3
    assert ("hour left" in page or "minutes left" in page) == (who != "late")
    assert (f'data-topic="poll:{post.pk}"' in page) == (who != "late")


def test_a_poll_for_followers_is_invisible_to_a_stranger(client, asks, ada, wren, make_account):
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    post = asks(ada, audience=Audience.FOLLOWERS)

    client.force_login(make_account())
    assert client.get(f"/polls/{post.pk}", headers=HTMX).status_code == 404
    assert client.post(f"/polls/{post.pk}/vote", {f"poll-{post.pk}": "0"}).status_code == 404
    client.force_login(wren)
    assert "Choose one" in client.get(f"/polls/{post.pk}", headers=HTMX).text


def test_what_is_behind_a_warning_is_not_shown_at_once(client, asks, ada, wren):
    post = asks(ada, warning="drinks")
    client.force_login(wren)

    page = client.get(f"/@ada/{post.pk}").text
    part = client.post(f"/polls/{post.pk}/vote", {f"poll-{post.pk}": "0"}, headers=HTMX).text

    assert '<details class="warned"><summary>Poll</summary><div class="poll"' in page
    # Who votes has opened it: the part comes back into what is open.
    assert "<details" not in part


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_page_with_a_poll_is_kept_until_its_votes_or_the_time_change_it(asks, ada):
    post = asks(ada)
    found = post_cards.cards([post.pk], viewer_id=None)

    with dependencies.collecting() as noted:
        dependencies.keepable(lambda: plugin.post_footers(found, None))()

    names = " ".join(map(str, noted.versions))
    assert noted.spoiled == ""
    assert f"polls.tally:{post.pk}" in names
    assert 0 < noted.until - time.time() <= 3600


def test_the_composer_has_no_part_of_a_plugin_that_is_off(client, ada):
    client.force_login(ada)
    switches.assume({"polls": switches.Standing("off", 1)})

    assert "polls-option_1" not in client.get("/posts/new").text
