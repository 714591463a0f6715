"""Files are kept for a workflow, counted once, whatever comes at the same time."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cases.models import Asset, Case, KeptFile, MediaUse, Workflow
from cases.services.kept_files import MediaQuota, store_file
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.flow.export.formats import FORMATS, written
from hitl.flow.export.rows import export_rows
from tests.api.test_media import picture
from tests.integration.cases.test_tables_that_name_files import bring
from tests.support.case_rows import workflow_of
from tests.support.factories import NOW, person

PHOTO: list[dict[str, Any]] = [{"name": "photo", "kind": "image"}]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    """Media of this test alone."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "hitl.shared.storage.WholeFiles", "OPTIONS": {"location": tmp_path / "media"}},
    }


def at_once(workflow: Workflow, files: list[bytes]) -> list[str]:
    def keep(data: bytes) -> str:
        try:
            return store_file(data, workflow_id=workflow.id, now=NOW).sha256
        except MediaQuota:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(keep, files))


@pytest.mark.django_db(transaction=True)
def test_the_same_file_from_many_at_once_is_counted_once() -> None:
    workflow = workflow_of("photos", fields=PHOTO, labels=["a", "b"])
    names = at_once(workflow, [picture()] * 6)
    assert len(set(names)) == 1
    assert MediaUse.objects.get().size_bytes == len(picture())
    assert KeptFile.objects.count() == Asset.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_exceed_the_quota(settings: Any) -> None:
    workflow = workflow_of("photos", fields=PHOTO, labels=["a", "b"])
    files = [picture("PNG", (20, 20 + n)) for n in range(8)]
    settings.MEDIA_QUOTA_BYTES = sum(sorted(map(len, files))[:4])
    names = at_once(workflow, files)
    kept = sum(len(data) for data, name in zip(files, names, strict=True) if name)
    assert 0 < kept <= settings.MEDIA_QUOTA_BYTES
    assert MediaUse.objects.get().size_bytes == kept
    assert "" in names


@pytest.mark.django_db
def test_one_workflow_may_have_more_room_or_less(settings: Any) -> None:
    photos = workflow_of("photos", fields=PHOTO, labels=["a", "b"])
    others = workflow_of("others", fields=PHOTO, labels=["a", "b"])
    settings.MEDIA_QUOTA_BYTES = 10
    person(Role.ADMINISTRATOR, username="ada")
    person(Role.LEAD, username="lea")
    with pytest.raises(MediaQuota, match="quota of 10"):
        store_file(picture(), workflow_id=photos.id, now=NOW)
    out = io.StringIO()
    call_command("media_quota", "photos", "0.00001", person="ada", stdout=out)
    assert out.getvalue() == "The files of photos have 0 of 1e-05 GB.\n"
    store_file(picture(), workflow_id=photos.id, now=NOW)
    with pytest.raises(MediaQuota):
        store_file(picture(), workflow_id=others.id, now=NOW)
    for quota in ("0", "default"):  # what is kept stays
        call_command("media_quota", "photos", quota, person="ada", stdout=out)
        store_file(picture(), workflow_id=photos.id, now=NOW)
        with pytest.raises(MediaQuota):
            store_file(picture("PNG", (9, 9)), workflow_id=photos.id, now=NOW)
    for name, wrong in (("lea", "5"), ("ada", "-1"), ("ada", "nan"), ("ada", "inf"), ("ada", "much")):
        with pytest.raises(CommandError):
            call_command("media_quota", "photos", f" {wrong}", person=name, stdout=out)
    assert Entry.objects.filter(action="media.quota").count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMATS)
def test_an_export_with_pictures_makes_a_workflow_that_has_them(form: str, tmp_path: Path) -> None:
    workflow = workflow_of("photos", fields=PHOTO, labels=["x", "y"])
    for n in range(12):
        (tmp_path / f"{n}.png").write_bytes(picture("PNG", (20, 20 + n)))
    rows = [f"{n}.png,{'xy'[n % 2]}" for n in range(12)]
    (tmp_path / "photos.csv").write_text("\n".join(["photo,label", *rows, ""]))
    bring("photos", str(tmp_path / "photos.csv"))
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    out = tmp_path / f"out.{FORMATS[form].suffix}"
    out.write_bytes(b"".join(written(export, FORMATS[form], ends_with_count=True)))
    assert "0 cases taken in, 12 were there already, 0 refused" in bring("photos", str(out))[0]
    assert "12 cases taken in" in bring("again", str(out), "--create", "--fields=photo:image")[0]
    again = Workflow.objects.get(slug="again")
    assert again.kept_files.count() == 12
    assert {use.size_bytes for use in MediaUse.objects.all()} == {workflow.media_use.size_bytes}
    assert Case.objects.filter(workflow=again, group_key=None).count() == 0
