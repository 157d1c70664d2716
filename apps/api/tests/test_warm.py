"""What a request costs once the caches know its token, and that they forget it in time."""

import pytest
from oauth2_provider.models import AccessToken

from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
HOME = "/api/v1/timelines/home"


@pytest.fixture
def headers(make_account, token_of):
    account = make_account("ada")
    posts.publish(author_id=account.pk, text="hello")
    return {"Authorization": f"Bearer {token_of(account)}"}


def test_a_warm_request_asks_no_database_for_its_token_or_its_page(client, headers, count_queries):
    for _ in range(2):
        client.get(HOME, headers=headers)

    with count_queries() as queries:
        found = client.get(HOME, headers=headers).json()

    assert len(found) == 1
    assert queries == []


def test_a_token_that_is_revoked_is_over_at_once(client, headers):
    assert client.get(HOME, headers=headers).status_code == 200

    AccessToken.objects.all().delete()

    assert client.get(HOME, headers=headers).status_code == 401


def test_the_tokens_of_an_app_that_is_deleted_are_over_at_once(client, headers, app):
    assert client.get(HOME, headers=headers).status_code == 200

    app.delete()

    assert client.get(HOME, headers=headers).status_code == 401


def test_a_new_password_ends_tokens_that_are_in_the_cache(client, headers, make_account):
    from django.contrib.auth import get_user_model

    assert client.get(HOME, headers=headers).status_code == 200

    ada = get_user_model().objects.get(username="ada")
    ada.set_password("another one")
    ada.save()

    assert client.get(HOME, headers=headers).status_code == 401
