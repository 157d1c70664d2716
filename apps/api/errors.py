"""The refusals of the API, and how any refusal reads there."""

from django.http import JsonResponse

from apps.kernel.errors import RookeryError
from apps.posts.errors import TextRefused
from apps.throttling.errors import TooMany

PREFIXES = ("/api/", "/oauth/token", "/oauth/revoke", "/.well-known/", "/nodeinfo/")


class Unauthorized(RookeryError):
    """No token, or one that is not valid."""

    def __init__(self) -> None:
        super().__init__("The access token is invalid")


class OutOfScope(RookeryError):
    """The token does not allow it."""

    def __init__(self) -> None:
        super().__init__("This action is outside the authorized scopes")


class NoAccount(RookeryError):
    """The token is an app's own, and stands for no account."""

    def __init__(self) -> None:
        super().__init__("This method requires an authenticated user")


class NotFound(RookeryError):
    """What was asked for is not there."""

    def __init__(self) -> None:
        super().__init__("Record not found")


class Invalid(RookeryError):
    """What was sent cannot be so."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Validation failed: {reason}")


class NotPossible(RookeryError):
    """A feature that this site does not have, or that is switched off."""


STATUS: dict[type[Exception], int] = {
    Unauthorized: 401,
    OutOfScope: 403,
    NotFound: 404,
    NotPossible: 404,
    NoAccount: 422,
    Invalid: 422,
    TextRefused: 422,
    TooMany: 429,
}


def is_api(path: str) -> bool:
    """Tell whether a path answers programs, in JSON."""
    return f"{path}/".startswith(PREFIXES)


def answer(error: Exception, status: int, wait: int = 0) -> JsonResponse:
    """Return a refusal as Mastodon gives it."""
    reason = "Record not found" if status == 404 else str(error)
    response = JsonResponse({"error": reason}, status=STATUS.get(type(error), status))
    if wait:
        response["Retry-After"] = str(wait)
    if response.status_code == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Rookery", error="invalid_token"'
    return response
