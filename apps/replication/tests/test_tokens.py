from hypothesis import given
from hypothesis import strategies as st

from apps.replication import tokens

GROUPS = st.sampled_from(["default", "shard0", "shard1", "shard_12"])


@given(st.dictionaries(GROUPS, st.integers(1, 2**63)))
def test_a_token_comes_back_from_its_cookie(token):
    assert tokens.decode(tokens.encode(token)) == token


@given(st.lists(st.tuples(GROUPS, st.integers(1, 2**63))))
def test_a_token_only_moves_forward(steps):
    token: tokens.Token = {}
    for group, position in steps:
        before = token.get(group, 0)
        tokens.advance(token, group, position)
        assert token[group] == max(before, position)


@given(st.text())
def test_a_forged_token_is_an_empty_one(text):
    assert tokens.decode(text) == {}


def test_a_token_is_small():
    token = {f"shard{n}": 2**48 for n in range(16)}

    assert len(tokens.encode(token)) < 512
