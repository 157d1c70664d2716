"""Small archives, made by the tests."""

import io
import json
import tarfile
import zipfile

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ME = "https://old.example/users/me"


def note(number, content="<p>hello</p>", published=None, **changes):
    when = published or f"2019-03-{number % 27 + 1:02d}T10:{number % 60:02d}:00Z"
    activity = {
        "id": f"{ME}/statuses/{number}/activity",
        "type": "Create",
        "published": when,
        "to": [PUBLIC],
        "cc": [f"{ME}/followers"],
        "object": {
            "id": f"{ME}/statuses/{number}",
            "type": "Note",
            "published": when,
            "content": content,
            "to": [PUBLIC],
            "cc": [f"{ME}/followers"],
        },
    }
    return {**activity, **changes}


def outbox(items):
    return json.dumps(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": "outbox.json",
            "type": "OrderedCollection",
            "totalItems": len(items),
            "orderedItems": items,
        }
    ).encode()


def tar(data, mode="w:gz", name="export/outbox.json"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for member, content in (("export/actor.json", b"{}"), (name, data)):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(data, name="export/outbox.json"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/actor.json", "{}")
        archive.writestr(name, data)
    return buffer.getvalue()
