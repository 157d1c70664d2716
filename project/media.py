"""Where the files of pictures are: a directory, or a bucket that speaks S3."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.kernel.errors import Misconfigured


def storage(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the storage of pictures, as Django's STORAGES has it; MEDIA_ROOT is the directory."""
    bucket = environ.get("ROOKERY_MEDIA_S3_BUCKET", "")
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    domain = environ.get("ROOKERY_MEDIA_S3_DOMAIN", "")
    endpoint = environ.get("ROOKERY_MEDIA_S3_ENDPOINT", "")
    if not domain:
        raise Misconfigured("ROOKERY_MEDIA_S3_DOMAIN", "where browsers find the bucket", domain)
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "custom_domain": domain,
        "endpoint_url": endpoint or None,
        "client_config": _config(bool(endpoint)),
        # Names are unguessable: who has one may see the picture.
        "querystring_auth": False,
        "default_acl": None,
        "file_overwrite": True,
        "object_parameters": {
            "CacheControl": "public, max-age=31536000, immutable",
            "ContentType": "image/webp",
        },
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def _config(is_elsewhere: bool) -> Any:
    # boto3 is large, and a site with a directory does without it.
    from botocore.config import Config

    # Stores other than AWS's know neither names of buckets in hosts nor checksums in trailers.
    style = {"addressing_style": "path"} if is_elsewhere else {}
    checks = ("request_checksum_calculation", "response_checksum_validation")
    limits = {"connect_timeout": 5, "read_timeout": 20}
    return Config(s3=style, **dict.fromkeys(checks, "when_required"), **limits)


def origins(environ: Mapping[str, str]) -> list[str]:
    """Return where browsers fetch pictures, beside the site itself."""
    domain = environ.get("ROOKERY_MEDIA_S3_DOMAIN", "")
    return [f"https://{urlsplit(f'//{domain}').netloc}"] if domain else []
