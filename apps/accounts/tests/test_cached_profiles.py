import pytest
from django.db import connections

from apps.accounts import selectors
from apps.accounts.errors import NoSuchAccount
from apps.accounts.models import Account, Profile
from apps.posts import selectors as posts
from apps.posts import services as writing

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def test_a_profile_is_asked_for_once_and_again_when_it_changes(make_account, count_queries):
    ada = make_account("Ada", shard="shard1")
    selectors.profile_named("ada")

    with count_queries() as queries:
        assert selectors.profile_named("ADA").username == "Ada"
    assert queries == []
    Profile.objects.filter(id=ada.pk).update(name="Countess")
    assert selectors.profile_named("ada").name == "Countess"


def test_a_name_that_is_not_there_is_found_once_it_is_taken(make_account, count_queries):
    for _ in range(2):
        with pytest.raises(NoSuchAccount):
            selectors.profile_named("later")
    with count_queries() as queries, pytest.raises(NoSuchAccount):
        selectors.profile_named("later")
    assert queries == []

    account = make_account("Later")

    assert selectors.profile_named("later").id == account.pk


def test_a_name_that_is_given_up_and_taken_by_another_leads_to_the_other(make_account):
    ada, wren = make_account("ada"), make_account("wren")
    assert selectors.profile_named("ada").id == ada.pk
    Account.objects.filter(pk=ada.pk).update(username="gone")

    with pytest.raises(NoSuchAccount):
        selectors.profile_named("ada")
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET username = 'Ada' WHERE id = %s", [wren.pk])

    assert selectors.profile_named("ada").id == wren.pk


@pytest.mark.parametrize("name", ["", "a" * 31, "a b", "ä", "a\n", "x:*"])
def test_what_can_be_no_name_asks_nobody(name, count_queries):
    with count_queries() as queries, pytest.raises(NoSuchAccount):
        selectors.profile_named(name)
    assert queries == []


def test_an_authors_page_changes_with_what_the_author_writes(make_account):
    ada = make_account("ada")

    def page():
        found = posts.author_page(author_id=ada.pk, viewer_id=None)
        return [card.id for card in found.items]

    assert page() == []

    one = writing.publish(author_id=ada.pk, text="one")
    assert page() == [one.pk]
    two = writing.publish(author_id=ada.pk, text="two")
    assert page() == [two.pk, one.pk]
    writing.delete(post_id=one.pk)

    assert page() == [two.pk]
