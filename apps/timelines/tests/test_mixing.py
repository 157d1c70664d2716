from hypothesis import given
from hypothesis import strategies as st

from apps.timelines import mixing

small = st.integers(1, 15)
sources = st.lists(st.sets(st.integers(1, 40)), max_size=5)


def items(ids):
    return [{"item_id": n, "by_id": 0, "original_of": None} for n in sorted(ids, reverse=True)]


def ids(found):
    return [item["item_id"] for item in found]


@given(sources, small)
def test_the_newest_of_each_source_give_the_newest_of_all(lists, limit):
    heads = [item for source in lists for item in items(source)[:limit]]

    assert ids(mixing.newest(heads, limit)) == ids(items(set().union(*lists)))[:limit]


@given(st.sets(st.integers(1, 40)), small)
def test_a_cut_says_down_to_where_it_is_complete(source, limit):
    newest, floor = mixing.cut(items(source)[: limit + 1], limit)

    assert ids(newest) == ids(items(source))[:limit]
    assert (floor is None) == (len(source) <= limit)
    assert {n for n in source if n >= (floor or 0)} == set(ids(newest))


def test_a_page_goes_below_the_horizon_where_it_is_not_full_above_it():
    page = items({9, 8, 7})
    cases = [(0, 4, False), (7, 3, False), (7, 4, True), (8, 3, True), (8, 2, True), (6, 3, False)]

    assert [mixing.goes_below(page, limit, horizon) for horizon, limit, _ in cases] == [
        answer for *_, answer in cases
    ]
