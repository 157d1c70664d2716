from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from apps.replication import tokens
from apps.replication.tokens import Position

GROUPS = st.sampled_from(["default", "shard0", "shard1", "shard_12"])
MARKS = st.builds(Position, st.integers(0, 40), st.integers(1, 2**63))
PLENTY = 2**48


@given(st.dictionaries(GROUPS, MARKS))
def test_a_token_comes_back_from_its_cookie(token):
    assert tokens.decode(tokens.encode(token)) == token


@given(st.lists(st.tuples(GROUPS, MARKS)))
def test_a_token_only_moves_forward(steps):
    token: tokens.Token = {}
    for group, position in steps:
        before = token.get(group, tokens.START)
        tokens.advance(token, group, position)
        assert token[group].covers(before)
        assert token[group].covers(position)


@given(st.text())
def test_a_forged_token_is_an_empty_one(text):
    assert tokens.decode(text) == {}


def test_a_token_without_timelines_is_still_understood():
    old = signing.Signer(salt=tokens.SALT).sign("default-1f.shard0-ff")

    assert tokens.decode(old) == {"default": Position(0, 31), "shard0": Position(0, 255)}


def test_a_signed_token_of_another_form_is_an_empty_one():
    assert tokens.decode(signing.Signer(salt=tokens.SALT).sign("default-x-y.shard0")) == {}


def test_a_server_on_another_timeline_counts_only_with_its_position():
    needed = Position(2, 100)

    assert Position(2, 100).covers(needed)
    assert Position(3, 100).covers(needed)
    # One that still follows the old primary, which went on alone.
    assert not Position(1, 900).covers(needed)
    # One that follows the new primary, and replays what the old one wrote.
    assert not Position(3, 99).covers(needed)


def test_what_was_lost_with_a_primary_is_not_waited_for():
    token = {"shard0": Position(1, 500)}

    tokens.advance(token, "shard0", Position(2, 450), is_primary=True)

    assert token == {"shard0": Position(2, 450)}


def test_a_replica_does_not_move_a_token_back_by_a_later_timeline():
    token = {"shard0": Position(1, 500)}

    tokens.advance(token, "shard0", Position(2, 450))

    assert token == {"shard0": Position(2, 500)}


def test_a_token_is_small():
    token = {f"shard{n}": Position(12, PLENTY) for n in range(16)}

    assert len(tokens.encode(token)) < 512
