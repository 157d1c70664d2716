"""What a worker does for nobody before its first request: two pages, and a word to the broker.

What is made at first use, from modules that are read to the moulds of a page, is made then. That
takes 100 ms of a visitor's first page and 50 ms of a member's first post or like, and those come
when a site has just begun.
"""

import io
import logging
from concurrent.futures import Executor
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.handlers.wsgi import WSGIRequest
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from apps.events import dispatch
from apps.posts import selectors as posts
from apps.replication import scopes
from apps.sharding.conf import conf
from apps.timelines import views

# A server that hangs keeps a worker waiting no longer.
REHEARSE_SECONDS = 2.0

logger = logging.getLogger(__name__)


def rehearse(threads: Executor, django: Any) -> None:
    """Do so on one of the threads that will make pages."""
    done = threads.submit(_each, django)
    try:
        done.result(REHEARSE_SECONDS)
    except Exception as error:
        # A site whose servers are away begins, too.
        why = str(error) or type(error).__name__
        logger.warning("The first pages will be slower, as none could be made before: %s", why)


def _each(django: Any) -> None:
    _visit(django)
    _look_home()
    # Events that wait for a worker would be found without it.
    dispatch.wake(conf().shards[0])


def _visit(django: Any) -> None:
    """Ask for the public page as a visitor does, through everything before it."""
    answer = django(_asked(reverse("timelines:public")), lambda *_: None)
    answer.close()


def _look_home() -> None:
    """Make the home of somebody who wrote of late; he has no session here."""
    with scopes.scope():
        for account_id in posts.latest_authors(viewer_id=None)[:1]:
            request: Any = WSGIRequest(_asked(reverse("timelines:home")))
            request.user = get_user_model().objects.get(pk=account_id)
            request.session = {}
            request.htmx = HtmxDetails(request)
            views.home(request)


def _asked(path: str) -> dict[str, Any]:
    """Return what a WSGI server says of a request."""
    site = urlsplit(settings.SITE_URL)
    environ: dict[str, Any] = {
        "PATH_INFO": path,
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": io.BytesIO(),
    }
    setup_testing_defaults(environ)
    return environ
