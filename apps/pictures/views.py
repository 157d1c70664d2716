"""The files of pictures, for who has no server or bucket of others in front."""

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from apps.pictures import files

# A name is never used for other pixels.
FOREVER = "public, max-age=31536000, immutable"
HEADERS = {
    "Cache-Control": FOREVER,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@require_safe
def show(request: HttpRequest, name: str) -> FileResponse:
    """Send a picture; whatever is in the file, browsers take it for one."""
    try:
        stored = files.storage().open(name)
    except FileNotFoundError as error:
        raise Http404("This picture is not there (any more).") from error
    return FileResponse(stored, content_type="image/webp", headers=HEADERS)
