"""Keep images and recordings for a workflow, up to its quota.

The bytes are stored once, under their hash. A case may name only what was kept for its own workflow: whoever
knows the hash of somebody else's file has not got the file.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from cases.kinds import KINDS
from cases.models import Asset, KeptFile, MediaUse
from cases.services.media import BadFile, Inspected, inspect_file
from hitl.shared.errors import HitlError
from hitl.shared.words import Words
from science.fields import Kind


class MediaQuota(HitlError):
    """The images and recordings of this workflow fill its quota. Ask an administrator for more room."""

    code, status = "media_quota", 507


def store_file(
    data: bytes, *, workflow_id: UUID, now: datetime, declared: str = "", kind: Kind | None = None
) -> Asset:
    """Check a file and keep it for a workflow; the same bytes are stored once.

    Raises:
        BadFile: it cannot be taken in; nothing is kept.
        MediaQuota: there is no room for it in the workflow.
    """
    return keep_file(inspect_file(data, declared=declared, kind=kind), workflow_id=workflow_id, now=now)


def keep_file(file: Inspected, *, workflow_id: UUID, now: datetime) -> Asset:
    """Keep an inspected file for a workflow. Rows are written last, so a row means that the bytes are there.

    Raises:
        MediaQuota: there is no room for it in the workflow.
    """
    kept = KeptFile.objects.filter(workflow_id=workflow_id, asset_id=file.sha256)
    there = Asset.objects.filter(pk=file.sha256).first()
    has_bytes = there is not None and default_storage.exists(there.path)
    is_kept = kept.exists()
    if there is not None and has_bytes and is_kept:
        return there
    if not is_kept:
        _check_room(workflow_id, len(file.data))
    asset = there or Asset(
        sha256=file.sha256,
        media_type=file.media_type,
        size_bytes=len(file.data),
        width=file.width,
        height=file.height,
        duration_ms=file.duration_ms,
        likeness=file.likeness,
        measures=file.measures,
        stored_at=now,
    )
    if not has_bytes:
        default_storage.save(asset.path, ContentFile(file.data))
    Asset.objects.bulk_create([asset], ignore_conflicts=True)
    if not is_kept and not keep(workflow_id, asset, now):
        return keep_file(file, workflow_id=workflow_id, now=now)  # it was erased at this moment
    return asset


def adopt_file(sha256: str, *, kind: Kind, workflow_id: UUID, now: datetime) -> Asset:
    """Keep for a workflow what is stored already: somebody who may see all cases brings one that names it.

    Raises:
        BadFile: no file of that kind is stored under the hash.
        MediaQuota: there is no room for it in the workflow.
    """
    asset = stored_file(sha256, kind=kind)
    is_kept = KeptFile.objects.filter(workflow_id=workflow_id, asset=asset).exists()
    if not is_kept and not keep(workflow_id, asset, now):
        return stored_file(sha256, kind=kind)  # it was erased at this moment: say so
    return asset


def stored_file(sha256: str, *, kind: Kind) -> Asset:
    """Return what is stored under a hash.

    Raises:
        BadFile: no file of that kind is.
    """
    asset = Asset.objects.filter(pk=sha256, media_type__startswith=f"{kind}/").first()
    if asset is None:
        raise BadFile(
            Words("Under this hash %(noun)s is not stored here. Send the file itself.", noun=KINDS[kind].noun)
        )
    return asset


def _check_room(workflow_id: UUID, size: int) -> None:
    use = _use_of(workflow_id)
    if use.size_bytes + size > use.quota:
        raise _no_room(use, size)


def _use_of(workflow_id: UUID) -> MediaUse:
    return MediaUse.objects.filter(pk=workflow_id).first() or MediaUse(workflow_id=workflow_id)


def _no_room(use: MediaUse, size: int) -> MediaQuota:
    return MediaQuota(
        Words(
            "The images and recordings of this workflow have %(size_bytes)s bytes. %(size)s more do not "
            "fit into its quota of %(quota)s. Ask an administrator for more room.",
            size_bytes=use.size_bytes,
            size=size,
            quota=use.quota,
        )
    )


def keep(workflow_id: UUID, asset: Asset, now: datetime) -> bool:
    """Note that the workflow has the file, and count its bytes once, whoever else does so at this moment.

    Return False where it is not there any more.
    """
    quota = Coalesce("quota_bytes", settings.MEDIA_QUOTA_BYTES)
    MediaUse.objects.bulk_create([MediaUse(workflow_id=workflow_id)], ignore_conflicts=True)
    try:
        with transaction.atomic():
            if not Asset.objects.select_for_update(no_key=True).filter(pk=asset.pk):
                return False
            use = MediaUse.objects.filter(pk=workflow_id, size_bytes__lte=quota - asset.size_bytes)
            if not use.update(size_bytes=F("size_bytes") + asset.size_bytes):
                raise _no_room(_use_of(workflow_id), asset.size_bytes)
            KeptFile.objects.create(workflow_id=workflow_id, asset=asset, kept_at=now)
    except IntegrityError:
        pass  # another request has kept it in the meantime
    return True
