"""A table may name images and recordings beside it: they come in with their cases, or it is said why not."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from cases.models import Asset, Case, Workflow
from tests.api.test_media import recording

pytestmark = pytest.mark.django_db

N = 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pics").mkdir()
    for n in range(N):
        Image.new("RGB", (9, 9), (n * 10, 0, 99)).save(tmp_path / "pics" / f"{n}.PNG")
    (tmp_path / "call.wav").write_bytes(recording())
    return tmp_path


def table(folder: Path, *more: str, separator: str = "/") -> Path:
    rows = [f"pics{separator}{n}.PNG,n{n},{'xy'[n % 2]}" for n in range(N)]
    path = folder / "photos.csv"
    path.write_text("\n".join(["photo,note,label", *rows, *more, ""]))
    return path


def bring(*words: str) -> tuple[str, str]:
    out, errors = io.StringIO(), io.StringIO()
    call_command("import_cases", *words, stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_a_column_that_names_images_is_a_field_of_images(folder: Path, separator: str) -> None:
    path = str(table(folder, ",no picture,x", separator=separator))
    out, errors = bring("photos", path, "--create")
    assert re.search(r"photo +image, may be empty", out)
    assert f"{N + 1} cases taken in, 0 were there already, 0 refused" in out
    assert "photo: its cells name files, which are taken in." in errors
    assert Asset.objects.count() == N
    assert Case.objects.filter(content__photo=None).count() == 1
    assert f"0 cases taken in, {N + 1} were there already, 0 refused" in bring("photos", path)[0]


def test_one_odd_cell_among_names_of_images_is_refused_by_name_and_makes_no_column_of_texts(
    folder: Path,
) -> None:
    out, errors = bring("photos", str(table(folder, "why?,odd,x")), "--create", "--allow-refused=0.1")
    assert re.search(r"photo +image", out)
    assert f"{N} cases taken in, 0 were there already, 1 refused" in out
    assert f"line {N + 2}: content.photo names a file that cannot be read" in errors


def test_names_of_files_that_are_not_there_are_words(folder: Path) -> None:
    path = table(folder)
    for picture in (folder / "pics").iterdir():
        picture.unlink()
    assert re.search(r"photo +text", bring("photos", str(path), "--create")[0])


def test_files_that_are_not_there_are_one_reason_which_names_the_first(folder: Path) -> None:
    with pytest.raises(CommandError) as refused:
        bring("photos", str(table(folder)), "--create", "--fields=photo:image", f"--media={folder / 'pics'}")
    said = str(refused.value)
    assert f"line 2: content.photo names a file that cannot be read in {folder / 'pics'}. " in said
    assert (
        f'Put "pics/0.PNG" there. import_cases takes another folder by --media. The same in {N - 1}' in said
    )
    assert not Workflow.objects.exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("call.wav", "the file is a recording, and the field holds image files"),
        ("photos.csv", "the file is of a type that is not known here"),
        ("../../etc/passwd", "names a file that cannot be read in"),
    ],
)
def test_what_is_no_image_is_refused_by_field_and_reason(folder: Path, name: str, why: str) -> None:
    path = str(table(folder, f"{name},odd,x"))
    _, errors = bring("photos", path, "--create", "--fields=photo:image", "--allow-refused=0.1")
    (line,) = [each for each in errors.splitlines() if each.startswith("line ")]
    assert line.startswith(f"line {N + 2}: content.photo ")
    assert why in line
    assert ".." not in line.replace("../..", "")
