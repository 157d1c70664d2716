import pytest

from apps.loadtest import sites


@pytest.mark.parametrize(("people", "accounts"), [(1, 1000), (34, 1000), (3334, 3334)])
def test_a_site_has_an_account_for_each_who_is_signed_in_and_as_many_posts_of_each(
    people, accounts
):
    found = sites.data(people)

    assert found == {"accounts": accounts, "posts": accounts * 20, "follows": accounts * 20}
