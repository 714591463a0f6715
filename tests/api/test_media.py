"""Images and recordings: taken in when they are what they say, refused with the reason when not."""

import io
import struct
import wave
import zlib
from typing import Any

import numpy as np
import orjson
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from cases.models import Asset, Case, MediaUse, Workflow
from hitl.flow.setup.create import set_up_workflow
from tests.api.client import ApiClient
from tests.api.conftest import client_with
from tests.support.factories import LABELS, NOW, TESTER

URL = "/workflows/phones/cases"
MEDIA = "/workflows/phones/media"


@pytest.fixture
def phones(db: None, settings: Any, tmp_path: Any) -> Workflow:
    """A workflow with an image, a recording and a number."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "hitl.shared.storage.WholeFiles", "OPTIONS": {"location": tmp_path}},
    }
    fields = [
        {"name": "photo", "kind": "image"},
        {"name": "sound", "kind": "audio", "required": False},
        {"name": "age", "kind": "number", "required": False},
    ]
    return set_up_workflow(slug="phones", name="Phones", fields=fields, labels=LABELS, actor=TESTER, now=NOW)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind)
    return file.getvalue()


def recording(seconds: float = 0.5, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(2 * int(seconds * rate)))
    return file.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A tiny file that would unpack to width x height pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    row = zlib.compress(bytes((width + 1) * min(height, 50)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def wav_that_claims(seconds: int) -> bytes:
    rate, size = 8000, 2 * 8000 * seconds
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)
    head = b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + form + b"data" + struct.pack("<I", size)
    return head + bytes(1000)


def submit(client: ApiClient, files: dict[str, tuple[str, bytes, str]], content: object = None) -> Any:
    boundary = "b0undary"
    parts = []
    if content is not None:
        parts.append(b'Content-Disposition: form-data; name="content"\r\n\r\n' + orjson.dumps(content))
    for name, (filename, data, kind) in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + data)
    body = (
        b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
        + f"--{boundary}--\r\n".encode()
    )
    return client.send("POST", URL, body, content_type=f"multipart/form-data; boundary={boundary}")


def test_a_case_comes_with_its_files(client: ApiClient, phones: Workflow) -> None:
    files = {
        "photo": ("a.png", picture(), "image/png"),
        "sound": ("a.wav", recording(), "audio/x-wav"),
    }
    response = submit(client, files, {"age": 3})
    assert response.status_code == 201, response.content
    case = Case.objects.get()
    photo, sound = (Asset.objects.get(pk=case.content[name]["asset"]) for name in ("photo", "sound"))
    assert (photo.media_type, photo.width, photo.height) == ("image/png", 40, 30)
    assert (sound.media_type, sound.duration_ms) == ("audio/wav", 500)
    with default_storage.open(photo.path) as kept:
        assert kept.read() == picture()


def test_the_same_file_is_kept_once(client: ApiClient, phones: Workflow) -> None:
    for _ in range(2):
        assert submit(client, {"photo": ("a.png", picture(), "image/png")}).status_code == 201
    assert (Case.objects.count(), Asset.objects.count()) == (2, 1)


def test_a_file_is_uploaded_once_and_named_in_many_cases(client: ApiClient, phones: Workflow) -> None:
    upload = client.send("POST", MEDIA, picture("JPEG"), content_type="image/jpeg")
    assert upload.status_code == 201, upload.content
    value = {"asset": upload.json()["asset"]}
    batch = client.send("POST", URL, [{"content": {"photo": value}}] * 2)
    assert batch.json()["accepted"] == 2


def test_a_case_may_not_name_a_file_that_is_not_there_or_of_another_kind(
    client: ApiClient, phones: Workflow
) -> None:
    sound = client.send("POST", MEDIA, recording(), content_type="audio/wav").json()["asset"]
    good = client.send("POST", MEDIA, picture(), content_type="image/png").json()["asset"]
    contents = [{"photo": {"asset": name}} for name in ("0" * 64, sound, good, "nonsense")]
    response = client.send("POST", URL, [{"content": content} for content in contents])
    assert [item["status"] for item in response.json()["items"]] == [422, 422, 201, 422]
    assert response.json()["items"][0]["errors"][0]["field"] == "content.photo"
    assert Case.objects.count() == 1


BAD_FILES = {
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "image/png"),
    "a page": (b"<html><script>alert(1)</script></html>", "image/jpeg"),
    "nothing": (b"", "image/png"),
    "a JPEG that says it is a PNG": (picture("JPEG"), "image/png"),
    "a GIF": (picture("GIF"), "image/gif"),
    "a truncated PNG": (picture()[:-200], "image/png"),
    "a truncated JPEG": (picture("JPEG")[:-200], "image/jpeg"),
    "a truncated WebP": (picture("WEBP")[:-200], "image/webp"),
    "a decompression bomb": (png_that_claims(30_000, 30_000), "image/png"),
    "a side of 50,000 pixels": (png_that_claims(50_000, 10), "image/png"),
    "a height of 50,000 pixels": (png_that_claims(10, 50_000), "image/png"),
    "a recording of ten hours": (wav_that_claims(36_000), "audio/wav"),
    "a recording that ends early": (wav_that_claims(10), "audio/wav"),
    "an empty recording": (recording(0), "audio/wav"),
    "a WAV header alone": (recording()[:20], "audio/wav"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_its_reason_and_kept_nowhere(
    client: ApiClient, phones: Workflow, name: str, tmp_path: Any
) -> None:
    data, kind = BAD_FILES[name]
    alone = client.send("POST", MEDIA, data or b" ", content_type=kind)
    assert (alone.status_code, alone.json()["code"]) == (422, "bad_file"), alone.content
    within = submit(client, {"photo": ("a.png", data, kind)})
    assert within.status_code == 422
    assert within.json()["errors"][0]["field"] == "content.photo"
    assert within.json()["errors"][0]["fix"]
    assert not Case.objects.exists()
    assert not Asset.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_nothing_is_kept_of_a_case_that_does_not_fit(
    client: ApiClient, phones: Workflow, tmp_path: Any
) -> None:
    response = submit(client, {"photo": ("a.png", picture(), "image/png")}, {"age": "old"})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["content.age"]
    assert not Asset.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_above_the_limit_is_refused(client: ApiClient, phones: Workflow, settings: Any) -> None:
    settings.MAX_MEDIA_BYTES = 1000
    response = submit(client, {"photo": ("a.png", picture(), "image/png")})
    assert response.status_code == 422
    assert "at most 1,000" in response.json()["errors"][0]["fix"]


def test_parts_that_do_not_belong_are_named(client: ApiClient, phones: Workflow) -> None:
    response = submit(
        client, {"photo": ("a.png", picture(), "image/png"), "selfie": ("b.png", b"x", "image/png")}
    )
    assert [error["field"] for error in response.json()["errors"]] == ["content.selfie"]


def test_a_broken_multipart_body_is_refused(client: ApiClient, phones: Workflow) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        response = client.send("POST", URL, b"--y\r\nnonsense", content_type=kind)
        assert response.status_code in (400, 422), response.content
        assert response["Content-Type"] == "application/problem+json"


def test_a_case_with_files_sent_again_under_its_key_is_answered_as_the_first_time(
    client: ApiClient, phones: Workflow
) -> None:
    original = client.send
    client.send = lambda *a, **k: original(*a, **k, headers={"Idempotency-Key": "p-1"})  # type: ignore[method-assign]
    first = submit(client, {"photo": ("a.png", picture(), "image/png")})
    again = submit(client, {"photo": ("b.png", picture(), "application/octet-stream")})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_a_file_of_another_workflow_may_not_be_named_and_is_nowhere_told_of(
    client: ApiClient, phones: Workflow
) -> None:
    fields = [{"name": "photo", "kind": "image"}]
    other = set_up_workflow(slug="faces", name="Faces", fields=fields, labels=LABELS, actor=TESTER, now=NOW)
    name = client.send("POST", MEDIA, picture(), content_type="image/png").json()["asset"]
    unknown = client.send("POST", "/workflows/faces/cases", {"content": {"photo": {"asset": "0" * 64}}})
    theirs = client.send("POST", "/workflows/faces/cases", {"content": {"photo": {"asset": name}}})
    assert theirs.status_code == 422
    assert theirs.json()["errors"] == unknown.json()["errors"], "nor is it told that somebody has it"
    sent = client.send("POST", "/workflows/faces/media", picture(), content_type="image/png")
    assert sent.json()["asset"] == name
    assert (
        client.send("POST", "/workflows/faces/cases", {"content": {"photo": {"asset": name}}}).status_code
        == 201
    )
    assert Asset.objects.count() == 1
    assert [use.size_bytes for use in MediaUse.objects.all()] == [len(picture())] * 2
    assert other.kept_files.count() == phones.kept_files.count() == 1


def test_a_key_uploads_for_its_own_workflows(phones: Workflow) -> None:
    stranger = client_with("submit", all_workflows=False)
    assert stranger.send("POST", MEDIA, picture(), content_type="image/png").status_code == 404
    assert not Asset.objects.exists()


def test_the_files_of_a_workflow_fit_its_quota(
    client: ApiClient, phones: Workflow, settings: Any, tmp_path: Any
) -> None:
    first, second = picture(), picture("JPEG")
    settings.MEDIA_QUOTA_BYTES = len(first) + len(second) - 1
    for _ in range(2):  # the same file takes no more room
        assert client.send("POST", MEDIA, first, content_type="image/png").status_code == 201
    alone = client.send("POST", MEDIA, second, content_type="image/jpeg")
    within = submit(client, {"photo": ("b.jpg", second, "image/jpeg")})
    for refused in (alone, within):
        assert (refused.status_code, refused.json()["code"]) == (507, "media_quota")
        assert f"{len(first):,} bytes. {len(second):,} more do not fit" in refused.json()["detail"]
    assert not Case.objects.exists()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert submit(client, {"photo": ("a.png", first, "image/png")}).status_code == 201
