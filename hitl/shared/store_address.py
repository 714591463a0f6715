"""Where pictures, recordings and models are kept: in folders of this machine, or in an S3 store for several.

Nothing here needs the store's library, so that settings can be read without it.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def file_stores(address: str, data: Path) -> dict[str, dict[str, Any]]:
    """Return Django's storages `default` (media) and `artifacts` (models).

    `address` is `s3://bucket` or `s3://bucket/prefix`; empty: folders below `data`.

    >>> file_stores("s3://hitl/eu", Path("/data"))["artifacts"]["OPTIONS"]
    {'bucket_name': 'hitl', 'location': 'eu/artifacts'}
    >>> file_stores("", Path("/data"))["default"]["OPTIONS"]
    {'location': PosixPath('/data/media')}

    Raises:
        ImproperlyConfigured: the address is none of an S3 store.
    """
    if not address:
        return {
            name: {"BACKEND": "hitl.shared.storage.WholeFiles", "OPTIONS": {"location": data / folder}}
            for name, folder in _FOLDERS.items()
        }
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            "HITL_OBJECT_STORE cannot be read: write s3://bucket or s3://bucket/prefix. Keys and the "
            "server's address are said by AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL_S3."
        )
    prefix = parts.path.strip("/")
    return {
        name: {
            "BACKEND": "hitl.shared.object_store.ObjectStore",
            "OPTIONS": {"bucket_name": parts.netloc, "location": f"{prefix}/{folder}".lstrip("/")},
        }
        for name, folder in _FOLDERS.items()
    }


_FOLDERS = {"default": "media", "artifacts": "artifacts"}
