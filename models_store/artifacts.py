"""The files of models: stored by their hash, signed, and checked before they are parsed."""

import hashlib
from dataclasses import dataclass
from typing import cast

from django.core.files.storage import storages

from hitl.shared.canonical import sign, signature_holds
from hitl.shared.storage import FileStore, Mark, StoreAway, keep
from hitl.shared.words import Words
from models_store.errors import ArtifactNotStored, ArtifactRefused
from models_store.models import Release, Source

_PURPOSE = "artifact"


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored artifact: its hash, size and signature."""

    sha256: str
    size_bytes: int
    signature: bytes


def store(artifact: bytes, purpose: str = _PURPOSE) -> Stored:
    """Store the bytes under their hash and sign it. The file appears only when it is whole.

    A file signed for one purpose is refused for every other.

    Raises:
        ArtifactNotStored: the store is full or out of reach; nothing is left under the name.
    """
    stored = signed(artifact, purpose)
    try:
        keep(_shelf(), path_of(stored.sha256), artifact)
    except OSError as error:
        raise ArtifactNotStored(
            Words(
                "The model's file could not be written: %(trouble)s. Make room, then train again.",
                trouble=error.strerror or error,
            )
        ) from error
    return stored


def signed(artifact: bytes, purpose: str = _PURPOSE) -> Stored:
    """Return what a row would say of the bytes, without storing them."""
    digest = hashlib.sha256(artifact)
    return Stored(digest.hexdigest(), len(artifact), sign(purpose, digest.digest()))


def load(release: Release) -> bytes:
    """Return the bytes of a release's model.

    Raises:
        ArtifactRefused: they are missing, truncated, differ from their hash, or were not signed here.
    """
    kept = Stored(release.artifact_sha256, release.artifact_bytes, bytes(release.signature))
    return fetch(kept, of=release)


def fetch(kept: Stored, *, of: Release | Source, purpose: str = _PURPOSE) -> bytes:
    """Return the bytes of a file that belongs to a release or a source, checked against hash and signature.

    Raises:
        ArtifactRefused: they are missing, truncated, differ from their hash, or not signed here for this.
    """
    digest, size = kept.sha256, kept.size_bytes
    try:
        is_ours = signature_holds(purpose, bytes.fromhex(digest), kept.signature)
    except ValueError:
        is_ours = False
    if not is_ours:
        raise _refused(of, "the signature is not this service's")
    try:
        with _shelf().open(path_of(digest), "rb") as file:
            artifact = bytes(file.read(size + 1))
    except OSError as error:
        raise _refused(of, f"the file cannot be read ({error.strerror or error})") from error
    if len(artifact) < size:
        raise _refused(of, f"the file is truncated: {len(artifact):,} of {size:,} bytes")
    if hashlib.sha256(artifact).hexdigest() != digest:
        raise _refused(of, "the file differs from its hash")
    return artifact


_read: dict[str, Mark] = {}  # by digest: which file was read whole and held


def check(release: Release) -> None:
    """Tell whether the file of a release is still whole and the service's own, reading it only if it changed.

    Raises:
        ArtifactRefused: as `load`.
    """
    digest = release.artifact_sha256
    if not signature_holds(_PURPOSE, bytes.fromhex(digest), bytes(release.signature)):
        raise _refused(release, "the signature is not this service's")
    try:
        now = _shelf().mark_of(path_of(digest))
    except StoreAway:
        if (
            digest in _read
        ):  # what this process holds is whole: a lost store must not end the deciding as well
            return
        now = None
    if now is None or _read.get(digest) != now:
        _read.pop(digest, None)
        load(release)
        if now is not None:
            _read[digest] = now


def path_of(digest: str) -> str:
    """Where the bytes with this hash lie in the store."""
    return f"{digest[:2]}/{digest}"


def _refused(of: Release | Source, trouble: str) -> ArtifactRefused:
    message = Words(
        "The model %(model)s is not used: %(trouble)s. Train again, or promote another model.",
        model=of.name,
        trouble=trouble,
    )
    return ArtifactRefused(message, release=of.name, trouble=trouble)


def _shelf() -> FileStore:
    return cast(FileStore, storages["artifacts"])
