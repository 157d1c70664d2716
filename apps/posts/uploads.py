"""A picture that is uploaded while its post is being written."""

from typing import BinaryIO, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.requests import account_of
from apps.pictures import selectors
from apps.pictures import services as pictures
from apps.pictures.errors import PictureRefused
from apps.posts.limits import UPLOADING
from apps.throttling.views import throttled


@require_POST
@login_required
@throttled(UPLOADING)
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a picture; answers with the part of the composer that is about it."""
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise PictureRefused(_("No picture has come. Choose one."))
        row = pictures.store(author_id=account_of(request).pk, upload=cast(BinaryIO, sent))
    except PictureRefused as error:
        return HttpResponse(str(error), status=422, content_type="text/plain")
    return render(request, "pictures/_attached.html", {"picture": selectors.card(row)}, status=201)
