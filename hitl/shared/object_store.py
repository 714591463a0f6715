"""Files in an S3 store, which all machines of the service share. Its packages are in `requirements-s3.txt`.

What the store says it raises as OSError, as a disk does: whoever handles a full or a lost disk handles this
(ADR 0087).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

from hitl.shared.storage import Mark, StoreAway, holds

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 20, 3
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_THERE = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


class ObjectStore(S3Storage):
    """Writes each name once, whole or not at all; the same bytes again change nothing.

    Names are made of content, or used once. Where a name is there with other bytes they are damaged, and
    replaced. What is opened has been read whole: the largest file is an upload (`hitl.sizes`).
    """

    def get_default_settings(self) -> dict[str, Any]:
        """Return the library's, with limits of time; a server of one's own has its buckets in the path."""
        own = bool(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            s3={"addressing_style": "path" if own else "auto"},
        )
        return {**super().get_default_settings(), "client_config": config, "default_acl": None}

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name itself: the same name is the same content."""
        return name

    def mark_of(self, name: str) -> Mark | None:
        """Return what changes when somebody writes to the file; None where it is not there.

        Raises:
            StoreAway: the store does not answer.
        """
        try:
            with _as_on_disk(name):
                found = self._client.head_object(**self._place(name))
        except FileNotFoundError:
            return None
        return found["ETag"], found["ContentLength"], found["LastModified"]

    def exists(self, name: str) -> bool:
        """Tell whether the file is there now."""
        return self.mark_of(name) is not None

    def size(self, name: str) -> int:
        """Return its bytes.

        Raises:
            FileNotFoundError: it is not there.
        """
        with _as_on_disk(name):
            return int(self._client.head_object(**self._place(name))["ContentLength"])

    def delete(self, name: str) -> None:
        """Remove the file; one that is not there is no trouble."""
        with _as_on_disk(name):
            self._client.delete_object(**self._place(name))

    def refuses_again(self, name: str) -> bool:
        """Tell whether the store knows If-None-Match, by writing to a file that is there."""
        try:
            with _as_on_disk(name):
                self._client.put_object(**self._place(name), Body=b"", IfNoneMatch="*")
        except FileExistsError:
            return True
        return False

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if mode != "rb":
            raise ValueError("files of the store are written by save()")
        return ContentFile(self._read(name), name=name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        data = b"".join(content.chunks())
        place = {**self._place(name), "Body": data, "ContentType": "application/octet-stream"}
        try:
            with _as_on_disk(name):
                self._client.put_object(**place, IfNoneMatch="*")
        except FileExistsError:
            if not holds(self, name, data):  # damaged, or somebody else's write has not ended
                with _as_on_disk(name):
                    self._client.put_object(**place)
        return name

    def _read(self, name: str) -> bytes:
        with _as_on_disk(name):
            return bytes(self._client.get_object(**self._place(name))["Body"].read())

    def _place(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}

    @property
    def _client(self) -> Any:
        return self.connection.meta.client


@contextmanager
def _as_on_disk(name: str) -> Iterator[None]:
    """Raise what the library raises as the error that a disk would give.

    Raises:
        FileNotFoundError: there is no such file. FileExistsError: there is one. StoreAway: anything else.
    """
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _ABSENT:
            raise FileNotFoundError(f"The store has no {name}.") from error
        if code in _THERE:
            raise FileExistsError(f"The store has {name} already.") from error
        words = f"the store refuses: {code or error}"  # untranslated: a log
        raise StoreAway(words) from error
    except BotoCoreError as error:
        words = f"the store does not answer: {error}"  # untranslated: a log
        raise StoreAway(words) from error
