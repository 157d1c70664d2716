"""Who looks for something in texts is not handed those that cannot have it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.bundled.hashtags import texts as tags
from apps.events import dispatch
from apps.posts import services as posts
from apps.posts import texts

LOOKERS = {
    "apps.bundled.hashtags.receivers.count": "#",
    "apps.bundled.hashtags.receivers.index": "#",
    "apps.bundled.mentions.receivers.tell": "@",
    "apps.bundled.link_cards.receivers.make": "/",
}
PIECES = ["#", "@", "/", ":", "https://a.example/b", "ada", "1", " ", "ß", "\n", "_", "."]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_what_is_found_in_a_text_has_its_sign(text):
    found = {"@": texts.names(text), "#": tags.tags(text), "/": texts.links(text)}

    assert {sign for sign, some in found.items() if some} <= set(texts.signs(text))


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize(
    "text", ["What I saw today.", "#ducks", "@ada", "https://a.example", "#@/"]
)
def test_a_post_is_handed_to_those_whose_sign_it_has(make_account, text):
    posts.publish(author_id=make_account(shard="shard0").pk, text=text)
    wanted = {errand.subscriber for errand in dispatch.claim("shard0")}

    assert wanted & LOOKERS.keys() == {name for name, sign in LOOKERS.items() if sign in text}
    assert "apps.bundled.search.receivers.index" in wanted
