"""Models and media in an S3 store: written once, read whole, checked, and missed without harm."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.test import Client

from hitl.doctor.findings import State
from hitl.doctor.stores import stores
from hitl.shared import object_store
from hitl.shared.outages import Unavailable, is_outage, unavailable
from hitl.shared.storage import StoreAway
from hitl.shared.store_address import file_stores
from models_store import artifacts, serving
from models_store.errors import ArtifactNotStored, ArtifactRefused
from models_store.models import Release
from tests.support.spam import mail_workflow
from tests.support.stub_store import StubStore, stub_store


@pytest.fixture
def store(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubStore]:
    """A store that holds media and models, as HITL_OBJECT_STORE asks for it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-a-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-a-test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(object_store, "ATTEMPTS", 1)
    with stub_store() as stub:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", stub.url)
        settings.STORAGES = {**settings.STORAGES, **file_stores("s3://hitl/eu", Path("/nowhere"))}
        serving.forget()
        yield stub
        serving.forget()


def key_of(sha256: str) -> str:
    return f"/hitl/eu/artifacts/{artifacts.path_of(sha256)}"


@pytest.mark.django_db
def test_a_model_is_written_once_and_loaded_from_the_store(store: StubStore) -> None:
    release = mail_workflow().releases.get()
    place = key_of(release.artifact_sha256)
    assert store.writes == [(place, True, 200)]
    assert artifacts.load(release) == store.objects[place]
    artifacts.store(store.objects[place])
    assert len(store.writes) == 1, "what is there already is only read"


def test_many_who_save_the_same_bytes_at_once_leave_one_object(store: StubStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(lambda _: artifacts.store(b"bytes of a model" * 1000), range(16)))
    (one,) = kept
    assert store.objects == {key_of(one.sha256): b"bytes of a model" * 1000}
    assert [status for *_, status in store.writes].count(200) == 1


def test_a_damaged_object_is_written_anew(store: StubStore) -> None:
    place = key_of(artifacts.store(b"bytes of a model").sha256)
    store.objects[place] = b"damaged"
    artifacts.store(b"bytes of a model")
    assert store.objects[place] == b"bytes of a model"
    assert [guarded for _, guarded, _ in store.writes] == [True, True, False]


@pytest.mark.django_db
def test_a_changed_or_missing_object_is_refused(store: StubStore) -> None:
    release = mail_workflow().releases.get()
    place = key_of(release.artifact_sha256)
    artifacts.check(release)
    whole = store.objects[place]
    store.objects[place] = whole[:-1] + b"x"
    with pytest.raises(ArtifactRefused, match="differs from its hash"):
        artifacts.check(release)
    del store.objects[place]
    with pytest.raises(ArtifactRefused, match="cannot be read"):
        artifacts.check(release)


@pytest.mark.django_db
def test_a_store_that_is_away_stops_nobody_who_has_the_model(store: StubStore) -> None:
    release = mail_workflow().releases.get()
    serving.make_ready(release)
    store.fails_with = 503
    assert Client().get("/health/ready").json()["checks"]["models"] == "ok"
    Release.objects.filter(pk=release.pk).update(signature=bytes(32))
    release.refresh_from_db()
    with pytest.raises(ArtifactRefused, match="signature"):
        artifacts.check(release)


def test_a_store_that_refuses_is_an_outage_and_no_half_saved_file(store: StubStore) -> None:
    store.fails_with = 503
    with pytest.raises(ArtifactNotStored):
        artifacts.store(b"bytes of a model")
    with pytest.raises(StoreAway) as away:
        default_storage.save("ab/cd", ContentFile(b"a picture"))
    assert is_outage(away.value)
    refusal = unavailable(away.value)
    assert isinstance(refusal, Unavailable)
    assert "store of files" in refusal.message


def test_a_store_that_nobody_runs_is_away(store: StubStore, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = storages["artifacts"]
    client = shelf._client  # type: ignore[attr-defined]

    def hang_up(**_: object) -> None:
        raise BotoCoreError

    monkeypatch.setattr(client, "get_object", hang_up)
    with pytest.raises(StoreAway):
        shelf.open("ab/cd")


def test_media_are_kept_read_and_removed_as_on_a_disk(store: StubStore) -> None:
    default_storage.save("ab/cd", ContentFile(b"a picture"))
    assert store.objects == {"/hitl/eu/media/ab/cd": b"a picture"}
    with default_storage.open("ab/cd") as file:
        file.seek(2)
        assert (file.read(7), file.size) == (b"picture", 9)
    assert default_storage.size("ab/cd") == 9
    default_storage.delete("ab/cd")
    default_storage.delete("ab/cd")
    assert not default_storage.exists("ab/cd")
    with pytest.raises(FileNotFoundError):
        default_storage.open("ab/cd")
    with pytest.raises(ValueError, match="save"):
        default_storage.open("ab/cd", "wb")


@pytest.mark.parametrize("address", ["http://hitl", "s3://", "s3://key:secret@hitl", "s3://hitl?x=1"])
def test_an_address_that_is_none_is_refused_when_the_service_starts(address: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="HITL_OBJECT_STORE"):
        file_stores(address, tmp_path)


def test_doctor_tries_the_store_and_leaves_nothing_there(store: StubStore) -> None:
    assert [finding.state for finding in stores()] == [State.FINE, State.FINE]
    assert not store.objects
    store.knows_conditions = False
    assert all("If-None-Match" in finding.words for finding in stores())
    assert not store.objects
    store.fails_with = 403
    assert all("cannot be kept: the store refuses" in finding.words for finding in stores())
