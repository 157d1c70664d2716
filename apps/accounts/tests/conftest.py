import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from apps.accounts import tasks


@pytest.fixture(autouse=True)
def _mail_without_a_worker(monkeypatch):
    """Send mail at once, into pytest-django's mailbox."""

    def at_once(parts, **_):
        tasks.send_mail.run(*parts)

    monkeypatch.setattr(tasks.send_mail, "apply_async", at_once)


@pytest.fixture
def with_codes(rf):
    """Return a function that gives an account an authenticator app; returns recovery codes."""
    from allauth.core import context

    def give(account):
        request = rf.get("/")
        request.user = account
        with context.request_context(request):
            TOTP.activate(account, generate_totp_secret())
            return RecoveryCodes.activate(account).get_unused_codes()

    return give
