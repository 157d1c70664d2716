import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.bundled.hashtags import texts
from apps.posts.texts import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("#Rooks.", '<a href="/tags/rooks" class="tag">#Rooks</a>.'),
        ("#1", "#1"),
        ("C#sharp", "C#sharp"),
        ("#<b>", "#&lt;b&gt;"),
    ],
)
def test_tags_become_links(text, html):
    assert to_html(text, texts.marks(text)) == html


@given(st.text(alphabet="#@ab1_ .\n"))
def test_tags_are_found_where_they_are_linked(text):
    linked = re.findall(r'href="/tags/([^"]+)"', to_html(text, texts.marks(text)))

    assert texts.tags(text) == list(dict.fromkeys(linked))
