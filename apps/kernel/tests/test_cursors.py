import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel import cursors
from apps.kernel.errors import BadCursor


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "９", "99999999999999999999", "1 ", "0x10"])
def test_a_cursor_that_is_no_id_is_refused(text):
    with pytest.raises(BadCursor, match="Start at its first page"):
        cursors.parse(text)


def test_no_cursor_is_the_first_page():
    assert cursors.parse(None) is None
    assert cursors.parse("") is None


def test_a_cursor_is_the_id_it_names():
    assert cursors.parse("42") == 42


@given(
    st.lists(st.sets(st.integers(0, 200)), min_size=1, max_size=4),
    st.integers(1, 20),
    st.booleans(),
)
def test_merged_lists_are_the_first_of_them_all(shares, limit, descending):
    lists = [sorted(share, reverse=descending) for share in shares]

    merged = cursors.merge(lists, limit, key=int, descending=descending)

    together = sorted((v for share in shares for v in share), reverse=descending)
    assert merged == together[:limit]


@given(st.lists(st.integers(0, 1000), unique=True), st.integers(1, 7))
def test_pages_put_together_are_the_list(values, limit):
    values.sort(reverse=True)
    found, before = [], None

    while True:
        rows = [v for v in values if before is None or v < before][: limit + 1]
        page = cursors.page(rows, limit, key=int)
        found += page.items
        before = cursors.parse(page.next_cursor)
        if before is None:
            break

    assert found == values
