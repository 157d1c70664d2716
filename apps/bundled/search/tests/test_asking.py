import pytest

from apps.bundled.search import asking
from apps.bundled.search.asking import Asked
from apps.bundled.search.errors import BadSearch


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Rook WREN rook", Asked(words=("rook", "wren"))),
        ('a "two words" b', Asked(words=("a", "b"), exact=("two words",))),
        ('"not closed', Asked(exact=("not closed",))),
        ("rook -wren", Asked(words=("rook",), not_words=("wren",))),
        ('rook -"in a tree" -#fly', Asked(words=("rook",), not_exact=("in a tree", "#fly"))),
        ("#Rooks", Asked(exact=("#rooks",))),
        ("from:@Ada rook", Asked(words=("rook",), authors=("ada",))),
        ("from:ada from:ada", Asked(authors=("ada",))),
        ("Москва", Asked(words=("москва",))),
        ("rook\x00wren - -- ...", Asked(words=("rook", "wren"))),
    ],
)
def test_what_is_asked_for(text, asked):
    assert asking.parse(text) == asked


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("-rook", "only what is left out"),
        ("!!! ...", "Write a word"),
        ("x" * 201, "at most 200 characters"),
        (" ".join(f"w{n}" for n in range(13)), "at most 12 words"),
        ("from:ada from:wren", "one author"),
    ],
)
def test_what_cannot_be_asked_says_why(text, hint):
    with pytest.raises(BadSearch, match=hint):
        asking.parse(text)


def test_tags_are_found_where_links_and_mentions_are_not():
    assert asking.tags("#A #b_2, x#c https://e.org/#d ##e #a") == ["#a", "#b_2"]
