"""The settings of identity: what variables mean, and what stops the start."""

from pathlib import Path

import pytest

from apps.kernel.errors import Misconfigured
from project import identity

HOME = Path("/tmp/home")


def read(embedded=True, **environ):
    return identity.settings(
        environ, home=HOME, embedded=embedded, site_url="http://127.0.0.1:8000", site_name="Here"
    )


def test_mail_goes_into_files_on_a_laptop_and_nowhere_without_a_server():
    assert read()["ACCOUNTS_EMAIL"] == "optional"
    assert read()["EMAIL_FILE_PATH"] == "/tmp/home/mail"
    assert read(embedded=False)["ACCOUNTS_EMAIL"] == "off"


def test_a_mail_server_has_its_password_and_is_spoken_to_in_secret():
    found = read(ROOKERY_MAIL_URL="smtp://me%40x:p%2Fw@mail.example:2525", embedded=False)

    assert found["ACCOUNTS_EMAIL"] == "optional"
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@x", "p/w")
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (
        2525,
        True,
        False,
    )
    assert not read(ROOKERY_MAIL_URL="smtp://mail.example?tls=0")["EMAIL_USE_TLS"]


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"ROOKERY_EMAIL": "maybe"}, "ROOKERY_EMAIL"),
        ({"ROOKERY_EMAIL": "required", "embedded": False}, "ROOKERY_MAIL_URL"),
        ({"ROOKERY_MAIL_URL": "http://x"}, "ROOKERY_MAIL_URL"),
        ({"ROOKERY_GITHUB_LOGIN": "no-secret"}, "ROOKERY_GITHUB_LOGIN"),
        ({"ROOKERY_OPENID_LOGIN": "a:b"}, "ROOKERY_OPENID_URL"),
        (
            {"ROOKERY_OPENID_LOGIN": "a:b", "ROOKERY_OPENID_URL": "http://x"},
            "ROOKERY_OPENID_URL",
        ),
    ],
)
def test_nonsense_stops_the_start_and_shows_no_secret(environ, name):
    with pytest.raises(Misconfigured) as refused:
        read(**environ)

    assert name in str(refused.value)


def test_doors_are_closed_until_a_client_opens_one():
    assert read()["SOCIALACCOUNT_PROVIDERS"] == {}
    assert identity.providers({}) == identity.doors({}) == []

    environ = {
        "ROOKERY_GITHUB_LOGIN": "id:secret",
        "ROOKERY_OPENID_LOGIN": "id2:se:cret",
        "ROOKERY_OPENID_URL": "https://login.example/realm",
    }
    found = read(**environ)["SOCIALACCOUNT_PROVIDERS"]

    assert found["github"]["APPS"] == [{"client_id": "id", "secret": "secret"}]
    assert found["openid_connect"]["APPS"][0]["secret"] == "se:cret"
    assert identity.doors(environ) == ["https://github.com", "https://login.example"]
    assert len(identity.providers(environ)) == 2
