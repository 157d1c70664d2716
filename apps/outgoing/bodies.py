"""Reading what a server sends, up to a limit, also where it is packed."""

import zlib
from http.client import HTTPResponse

CHUNK = 16 * 1024
# zlib's number for the form of gzip.
GZIP = 16 + zlib.MAX_WBITS


def read(response: HTTPResponse, most: int, *, packed: bool) -> bytes:
    """Return the first bytes of a body, `most` at most; raises OSError, zlib.error.

    What is packed is unpacked no further than that, so a small body that unpacks to gigabytes
    costs what a large one does.
    """
    unpack = zlib.decompressobj(GZIP) if packed else None
    body, taken = bytearray(), 0
    while len(body) < most and taken < most and (chunk := response.read1(CHUNK)):
        taken += len(chunk)
        body += unpack.decompress(chunk, most - len(body)) if unpack else chunk
    return bytes(body[:most])
