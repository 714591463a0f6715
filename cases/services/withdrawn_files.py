"""Erase images and recordings that only withdrawn cases name: nobody is asked about them any more.

It takes two runs. The first lets go of a file, so that no new case can name it. The next erases it, unless a
case that was being taken in at that moment names it after all: then it is kept again (ADR 0086).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Sum

from cases.models import Asset, KeptFile, MediaUse, Workflow
from cases.services.kept_files import keep
from hitl.audit.log import record
from hitl.shared.actor import system
from hitl.shared.statements import statements_beside

_ACTOR = system("retention")
_STATEMENTS = statements_beside(__file__)
_PAST = _STATEMENTS["files_of_withdrawn_cases"].prepared()
_NAMED = _STATEMENTS["who_names_files"].prepared()


def erase_withdrawn_files(*, now: datetime) -> int:
    """Let go of the files of cases that were withdrawn long ago, and erase what an earlier run let go of.

    Return how many were erased.
    """
    before = now - timedelta(days=settings.WITHDRAWN_MEDIA_DAYS)
    erased = _erase(before, now)
    with connection.cursor() as cursor:
        _PAST.execute(cursor, {"before": before})
        past = cursor.fetchall()
    for workflow_id, rows in groupby(past, key=lambda row: row[0]):
        _let_go(workflow_id, [name for _, name in rows], now)
    return erased


@transaction.atomic
def _let_go(workflow_id: UUID, names: Sequence[str], now: datetime) -> None:
    MediaUse.objects.select_for_update(no_key=True).get(pk=workflow_id)
    kept = KeptFile.objects.filter(workflow_id=workflow_id, asset_id__in=names)
    size = kept.aggregate(size=Sum("asset__size_bytes"))["size"] or 0
    count, _ = kept.delete()
    if not count:
        return  # another run was faster
    MediaUse.objects.filter(pk=workflow_id).update(size_bytes=F("size_bytes") - size)
    about = Workflow.objects.get(pk=workflow_id)
    record(action="media.erased", actor=_ACTOR, now=now, about=about, detail={"files": count, "bytes": size})


def _erase(before: datetime, now: datetime) -> int:
    unkept = Asset.objects.filter(
        ~Exists(KeptFile.objects.filter(asset=OuterRef("pk"))), stored_at__lt=before
    )
    names = list(unkept.values_list("pk", flat=True))
    if not names:
        return 0
    with connection.cursor() as cursor:
        _NAMED.execute(cursor, {"names": names})
        named = cursor.fetchall()
    for asset in Asset.objects.filter(pk__in={name for _, name in named}):
        for workflow_id in [one for one, name in named if name == asset.pk]:
            keep(workflow_id, asset, now)
    return sum(_erase_one(name) for name in sorted({*names} - {name for _, name in named}))


@transaction.atomic
def _erase_one(name: str) -> int:
    """Delete the row, then the bytes: who sends the file meanwhile waits for the row, and finds neither."""
    asset = Asset(sha256=name)
    gone, _ = Asset.objects.filter(~Exists(KeptFile.objects.filter(asset=OuterRef("pk"))), pk=name).delete()
    if gone:
        default_storage.delete(asset.path)
    return gone
