"""Second factors: what is stored of them is encrypted, and guesses are counted."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from apps.accounts.limits import CODES
from apps.throttling.limits import give_back, hold


class SecondFactors(DefaultMFAAdapter):
    """Whoever reads the directory alone, or a backup of it, cannot make anybody's codes."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored."""
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was stored."""
        return _keys().decrypt(encrypted_text.encode()).decode()


class Counted(BaseAuthenticateForm):
    """A form with a code: one that is right is taken back from what was counted."""

    def clean_code(self) -> str:
        """Try the code; raises TooMany."""
        taken = hold({CODES: self.user.pk})
        code: str = super().clean_code()
        give_back(taken)
        return code


class CodeForm(Counted, AuthenticateForm):
    """The one of signing in."""


class CodeAgainForm(Counted, ReauthenticateForm):
    """The one before something that matters."""


def _keys() -> MultiFernet:
    """Return the keys made of the site's secret, and of those that it had before."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key(force_bytes(secret))) for secret in secrets])


def _key(secret: bytes) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rookery second factors")
    return base64.urlsafe_b64encode(derive.derive(secret))
