"""How values look in every entity."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.templatetags.static import static

# The texts are escaped, so this is never found but in our own tags.
LINK, FULL_LINK = 'href="/', f'href="{settings.SITE_URL}/'


def stamp(moment: datetime) -> str:
    """Return a moment as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def day(moment: datetime) -> str:
    """Return the beginning of a day as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT00:00:00.000Z")


def full(path: str) -> str:
    """Return the whole address of a path of the site; another one as it is."""
    return f"{settings.SITE_URL}{path}" if path.startswith("/") else path


def paragraph(html: str) -> str:
    """Return HTML of the site as others show it: in a paragraph, with whole addresses."""
    return f"<p>{html.replace(LINK, FULL_LINK)}</p>" if html else ""


def picture(name: str) -> str:
    """Return the address of one of our own pictures, where an account has none."""
    return full(static(f"api/{name}"))


def domain() -> str:
    """Return the name of the site in addresses of accounts."""
    return urlsplit(settings.SITE_URL).netloc
