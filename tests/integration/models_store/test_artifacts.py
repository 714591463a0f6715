"""A model's file is used when hash and signature hold, and written whole or not at all."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import Client, override_settings
from prometheus_client.parser import text_string_to_metric_families

from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from models_store import artifacts, serving
from models_store.errors import ArtifactNotStored, ArtifactRefused
from models_store.models import Release
from models_store.serving import served_model
from policy.models import Decision
from tests.support.factories import NOW, client_key
from tests.support.policy_rows import champion_of, workflow_with_policy
from tests.support.spam import mail_workflow, mails, model

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shelf")]


@pytest.fixture
def release() -> Release:
    """A champion with a stored file."""
    stored = artifacts.store(model().artifact)
    release = champion_of(workflow_with_policy(), schema_sha256=model().schema_sha256)
    Release.objects.filter(pk=release.pk).update(
        artifact_sha256=stored.sha256, artifact_bytes=stored.size_bytes, signature=stored.signature
    )
    release.refresh_from_db()
    return release


def file_of(release: Release, shelf: Path) -> Path:
    return shelf / artifacts.path_of(release.artifact_sha256)


def refusal(release: Release) -> str:
    with pytest.raises(ArtifactRefused) as refused:
        served_model(release.id)
    return refused.value.message


def test_what_was_stored_is_loaded_and_scores(release: Release) -> None:
    assert artifacts.load(release) == model().artifact
    assert served_model(release.id).labels == ("ham", "spam")


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_changed_byte_is_refused(release: Release, shelf: Path, place: int) -> None:
    data = bytearray(file_of(release, shelf).read_bytes())
    data[place] ^= 1
    file_of(release, shelf).write_bytes(data)
    assert "differs from its hash" in refusal(release)


def test_a_truncated_a_longer_and_a_missing_file_are_refused(release: Release, shelf: Path) -> None:
    whole = file_of(release, shelf).read_bytes()
    file_of(release, shelf).write_bytes(whole[:-10])
    assert "truncated" in refusal(release)
    file_of(release, shelf).write_bytes(whole + b"\0" * 10_000_000)
    assert "differs from its hash" in refusal(release)
    file_of(release, shelf).unlink()
    assert "cannot be read" in refusal(release)


def test_a_file_that_somebody_else_made_is_refused_though_its_hash_holds(
    release: Release, settings: object
) -> None:
    Release.objects.filter(pk=release.pk).update(signature=bytes(32))
    assert "signature" in refusal(release)
    Release.objects.filter(pk=release.pk).update(signature=release.signature)
    settings.SECRET_KEY = "another deployment's"  # type: ignore[attr-defined]
    assert "signature" in refusal(release)


def test_a_row_that_names_another_release_s_labels_is_refused(release: Release) -> None:
    """Its columns would be read as other labels: every decision wrong, and no error."""
    Release.objects.filter(pk=release.pk).update(labels=["spam", "ham"])
    assert "another release" in refusal(release)


def test_a_signed_file_that_is_no_model_is_refused(release: Release) -> None:
    stored = artifacts.store(b"signed by us, and yet no model")
    Release.objects.filter(pk=release.pk).update(
        artifact_sha256=stored.sha256, artifact_bytes=stored.size_bytes, signature=stored.signature
    )
    assert "cannot be read" in refusal(release)


def test_a_hash_that_is_none_is_refused(release: Release) -> None:
    Release.objects.filter(pk=release.pk).update(artifact_sha256="../../etc/passwd")
    assert "signature" in refusal(release)


def test_storing_again_mends_a_damaged_file_and_leaves_a_whole_one_alone(
    release: Release, shelf: Path
) -> None:
    file_of(release, shelf).write_bytes(b"damaged")
    artifacts.store(model().artifact)
    assert artifacts.load(release) == model().artifact
    before = file_of(release, shelf).stat().st_ino
    artifacts.store(model().artifact)
    assert file_of(release, shelf).stat().st_ino == before


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let this process write no larger files: what a full disk looks like, for real."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_without_room_nothing_is_left_behind(shelf: Path) -> None:
    with files_of_at_most(4096), pytest.raises(ArtifactNotStored) as refused:
        artifacts.store(os.urandom(100_000))
    assert "could not be written" in refused.value.message
    assert [path for path in shelf.rglob("*") if path.is_file()] == []


def test_a_process_keeps_only_the_models_last_used_of_each_workflow(release: Release) -> None:
    twins = []
    for number in range(serving.KEPT_PER_WORKFLOW):
        twin = Release.objects.get(pk=release.pk)
        twin.pk, twin.number = None, 1000 + number
        twin.id = Release._meta.get_field("id").get_default()
        twin._state.adding = True
        twin.save()
        twins.append(twin)
    first = served_model(release.id)
    for twin in twins[:-1]:
        served_model(twin.id)
    assert served_model(release.id) is first
    served_model(twins[-1].id)
    assert served_model(release.id) is first
    assert twins[0].id not in serving._served_models
    assert len(serving._served_models) == serving.KEPT_PER_WORKFLOW


def ready() -> tuple[int, str]:
    response = Client().get("/health/ready")
    return response.status_code, response.json()["checks"]["models"]


def usable() -> float:
    families = text_string_to_metric_families(Client().get("/metrics").content.decode())
    return next(s.value for family in families for s in family.samples if s.name == "hitl_model_usable")


def test_readiness_loads_the_champions(release: Release) -> None:
    assert ready() == (200, "ok")
    assert release.id in serving._served_models


@pytest.mark.parametrize("is_loaded", [True, False])
@pytest.mark.parametrize("fault", ["changed in place", "removed", "cut off"])
def test_a_champion_that_cannot_be_used_makes_the_service_unready_until_it_is_mended(
    release: Release, shelf: Path, is_loaded: bool, fault: str
) -> None:
    file, times = file_of(release, shelf), None
    if is_loaded:
        assert (ready(), usable()) == ((200, "ok"), 1)
        times = os.stat(file)
    whole = file.read_bytes()
    if fault == "removed":
        file.unlink()
    else:
        with file.open("r+b") as handle:
            handle.write(b"x") if fault == "changed in place" else handle.truncate(100)
        if times:
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert ready() == (503, "1 of 1 models in service cannot be used; the log says why")
    assert usable() == 0
    file.write_bytes(whole)
    assert (ready(), usable()) == ((200, "ok"), 1)


def test_after_a_restore_with_another_secret_the_service_is_not_ready(release: Release) -> None:
    serving.forget()
    with override_settings(SECRET_KEY="another secret than the one that signed", SECRET_KEY_FALLBACKS=[]):
        assert ready()[0] == 503


def test_a_case_after_the_file_was_mended_is_scored_again_without_a_restart(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = mail_workflow()
    file = file_of(workflow.releases.get(), shelf)
    key, content = client_key(), mails()[0].content

    def reason() -> str:
        (found,) = submit_cases(Intake(workflow.slug, [Submission(content)], key, NOW))
        return Decision.objects.get(case_id=found.case["id"], sequence=0).reason

    away = file.rename(file.with_suffix(".away"))
    in_force.forget()
    serving.forget()
    assert reason() == "no_score"
    away.rename(file)
    assert reason() == "no_score", "it is tried again every few seconds, not with every case"
    monkeypatch.setattr(in_force, "RETRY_SECONDS", 0.0)
    assert reason() != "no_score"
