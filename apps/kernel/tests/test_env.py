import pytest

from apps.kernel import env
from apps.kernel.errors import Misconfigured


def test_a_missing_variable_takes_its_default():
    assert env.flag({}, "A", True) is True
    assert env.integer({}, "A", 5, 1, 9) == 5
    assert env.words({}, "A", "x, y,") == ["x", "y"]


@pytest.mark.parametrize("text", ["maybe", "2", "ja"])
def test_a_switch_that_is_neither_on_nor_off_stops_the_start(text):
    with pytest.raises(Misconfigured, match="A: expected 1 or 0"):
        env.flag({"A": text}, "A", False)


@pytest.mark.parametrize("text", ["", "x", "-1", "10", "1.5"])
def test_a_number_out_of_range_stops_the_start(text):
    with pytest.raises(Misconfigured, match="from 1 to 9"):
        env.integer({"A": text}, "A", 5, 1, 9)
