import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.posts import texts
from apps.posts.errors import TextRefused
from apps.posts.hooks import Mark


@pytest.mark.parametrize(
    ("text", "length"),
    [("abc", 3), ("👨‍👩‍👧‍👦", 1), ("🇩🇪🇫🇷", 2), ("é", 1), ("e\u0301", 1), ("நி", 1), ("a\nb", 3)],
)
def test_characters_are_counted_as_people_count_them(text, length):
    assert texts.length(text) == length


def test_five_hundred_families_fit_and_one_more_does_not():
    family = "👨‍👩‍👧‍👦"
    assert texts.clean(family * 500) == family * 500

    with pytest.raises(TextRefused, match="at most 500 characters; this one has 501"):
        texts.clean(family * 501)


def test_a_character_of_a_thousand_accents_is_refused():
    with pytest.raises(TextRefused):
        texts.clean("a" + "\u0301" * 6000)


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "\x00", "\r\n"])
def test_an_empty_post_is_refused(text):
    with pytest.raises(TextRefused, match="a few words"):
        texts.clean(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b>&", "&lt;b&gt;&amp;"),
        ("a\nb", "a<br>b"),
        ("ann@example.org", "ann@example.org"),
        (
            "see https://example.org/a?b=1&c=2.",
            'see <a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener ugc">'
            "example.org/a?b=1&amp;c=2</a>.",
        ),
        (
            "https://example.org/#part",
            '<a href="https://example.org/#part" rel="nofollow noopener ugc">example.org/#part</a>',
        ),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("ftp://example.org", "ftp://example.org"),
    ],
)
def test_links_become_links(text, html):
    assert texts.to_html(text) == html


@given(st.text())
def test_no_text_brings_markup_of_its_own(text):
    html = str(texts.to_html(text))

    ours = r'<br>|</a>|<a href="[^"<>]*" rel="nofollow noopener ugc">'
    rest = re.sub(ours, "", html)
    assert not set(rest) & set("<>\"'")


def test_what_is_marked_is_shown_in_its_place_and_links_come_first():
    text = "a <tag> b https://example.org/tag c"
    marks = [
        Mark(2, 7, "<i>T</i>"),
        Mark(5, 9, "over it"),
        Mark(22, 29, "in the link"),
        Mark(30, 99, ""),
    ]

    html = texts.to_html(text, marks)

    assert html.startswith("a <i>T</i> b <a href=")
    assert html.endswith(">example.org/tag</a> c")
    assert "over it" not in html
    assert "in the link" not in html
