"""What a request says, wherever it says it: in the address, in a form or in JSON."""

import json
from typing import Any, BinaryIO, cast

from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from apps.api.errors import Invalid
from apps.kernel import cursors

TRUE = {"true", "1", "on", "t", "yes"}
FORM, MULTIPART, JSON = (
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
)


class Params:
    """The fields of a request by name; each may have several values."""

    def __init__(self, fields: dict[str, list[Any]], files: Any) -> None:
        self._fields = fields
        self._files = files

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def pairs(self) -> list[tuple[str, str]]:
        """Return each field with its last value."""
        return [(name, self.text(name)) for name in self._fields]

    def text(self, name: str, default: str = "") -> str:
        """Return a text, the last where there are several."""
        found = self._fields.get(name)
        return str(found[-1]) if found and found[-1] is not None else default

    def flag(self, name: str) -> bool:
        """Tell whether something is wanted."""
        return self.text(name).lower() in TRUE

    def id(self, name: str) -> int | None:
        """Return an id, None where there is none; raises BadCursor."""
        return cursors.parse(self.text(name))

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number from 1 up to `most`; nonsense is the default, as with Mastodon."""
        text = self.text(name)
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else default
        return max(1, min(number, most))

    def texts(self, name: str) -> list[str]:
        """Return all values of a list (`name[]`, or `name` several times)."""
        found = self._fields.get(f"{name}[]", []) + self._fields.get(name, [])
        return [str(value) for value in found if value is not None]

    def ids(self, name: str, most: int) -> list[int]:
        """Return the first `most` ids of a list; raises BadCursor."""
        found = (cursors.parse(text) for text in self.texts(name)[:most])
        return list(dict.fromkeys(one for one in found if one is not None))

    def file(self, name: str) -> BinaryIO | None:
        """Return an uploaded file."""
        found = self._files.get(name)
        return cast(BinaryIO, found.file) if isinstance(found, UploadedFile) else None


def of(request: HttpRequest) -> Params:
    """Return what a request says; raises Invalid where that cannot be read."""
    kept: Params | None = getattr(request, "api_params", None)
    if kept is None:
        fields, files = _body(request)
        for name, values in request.GET.lists():
            fields.setdefault(name, list(values))
        kept = request.api_params = Params(fields, files)  # type: ignore[attr-defined]
    return kept


def _body(request: HttpRequest) -> tuple[dict[str, list[Any]], Any]:
    if request.method in ("GET", "HEAD"):
        return {}, {}
    if request.content_type == JSON:
        return _json(request.body), {}
    if request.method == "POST":
        return dict(request.POST.lists()), request.FILES
    if request.content_type == MULTIPART:
        try:
            parser = MultiPartParser(request.META, request, request.upload_handlers)
            form, files = parser.parse()
        except (MultiPartParserError, BadRequest) as error:
            raise Invalid("The form cannot be read") from error
        return dict(form.lists()), files
    return dict(QueryDict(request.body).lists()), {}


def _json(body: bytes) -> dict[str, list[Any]]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Invalid("The JSON cannot be read") from error
    if not isinstance(found, dict):
        raise Invalid("Send a JSON object")
    return dict(_flat(found))


def _flat(found: dict[str, Any], prefix: str = "") -> Any:
    """Yield the fields of an object as a form would have them: `home[last_read_id]`."""
    for key, value in found.items():
        name = f"{prefix}[{key}]" if prefix else str(key)
        if isinstance(value, dict):
            yield from _flat(value, name)
        else:
            yield name, [*value] if isinstance(value, list) else [_word(value)]


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
