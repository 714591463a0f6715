"""What is taken in as a picture can be seen by a model, and what is not taken in is called what it is."""

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cases.services.known_types import what_it_is
from cases.services.media import BadFile, inspect_file
from science.fields import Kind
from science.media import read_image

PICTURE = Image.linear_gradient("L").resize((48, 32)).convert("RGB")
FORMS = ("PNG", "JPEG", "WEBP")
HEAD = 33  # bytes of a PNG before its second chunk


def encoded(form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    PICTURE.save(file, form, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunk(name: bytes, data: bytes) -> bytes:
    png = encoded("PNG")
    return png[:HEAD] + chunk(name, data) + png[HEAD:]


def is_seen_as_it_was(data: bytes) -> bool:
    """Taken in, and the model sees what it sees of the picture alone."""
    found = inspect_file(data, kind=Kind.IMAGE)
    return (found.width, found.height) == (48, 32) and (
        read_image(data, 48) == read_image(encoded("PNG"), 48)
    ).all()


LARGE = {
    "a colour profile": with_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(3_000_000))),
    "a comment": with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(3_000_000))),
    "many comments": with_chunk(b"tEXt", b"a\0b" * 400_000),
    "a chunk of somebody's own": with_chunk(b"prVt", bytes(3_000_000)),
    "an empty gamma": with_chunk(b"gAMA", b""),
    "half a colour space": with_chunk(b"cHRM", b"\1\2\3"),
    "a wrong check sum": with_chunk(b"tEXt", b"a\0b")[: HEAD + 11] + bytes(4) + encoded("PNG")[HEAD:],
}


@pytest.mark.parametrize("beside", LARGE)
def test_what_stands_beside_a_picture_does_not_refuse_it(beside: str) -> None:
    assert is_seen_as_it_was(LARGE[beside])


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from(FORMS),
    beside=st.one_of(
        st.binary(max_size=60), st.binary(max_size=60).map(lambda data: b"II*\0\x08\0\0\0" + data)
    ),
    says_so=st.booleans(),
)
def test_whatever_a_camera_wrote_beside_a_picture_what_is_taken_in_can_be_seen(
    form: str, beside: bytes, says_so: bool
) -> None:
    data = encoded(form, exif=(b"Exif\0\0" if says_so else b"") + beside)
    try:
        inspect_file(data, kind=Kind.IMAGE)
    except BadFile:
        pytest.fail("the picture is whole")
    assert read_image(data, 48).shape in ((32, 48, 3), (48, 32, 3))


@settings(max_examples=60, deadline=None)
@given(name=st.from_regex(rb"[a-z][A-Za-z][A-Z][A-Za-z]", fullmatch=True), data=st.binary(max_size=40))
def test_no_chunk_that_a_reader_may_pass_over_refuses_a_picture(name: bytes, data: bytes) -> None:
    if name in (b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT"):
        return  # they are part of what is seen
    assert is_seen_as_it_was(with_chunk(name, data))


def test_comments_that_are_not_wanted_do_not_hide_the_transparency() -> None:
    info = PngInfo()
    info.add_text("a", "b" * 2_000_000, zip=True)
    file = io.BytesIO()
    Image.new("RGBA", (16, 16), (0, 0, 0, 0)).save(file, "PNG", pnginfo=info)
    assert read_image(file.getvalue(), 16).min() == 1  # on white


NAMED = {
    b"\xff\xfb\x90\xc0": "an MP3 recording",
    b"\xff\xf3\x40\xc0": "an MP3 recording",  # half the rate, as telephones and speech programs write
    b"\xff\xe3\x40\xc0": "an MP3 recording",
    b"\xff\xf1\x50\x80": "an AAC recording",
    b"FORM\0\0\0\x10AIFFCOMM": "an AIFF recording",
    b"riff\x2e\x91\xcf\x11\xa5\xd6": "a Wave64 recording",
    b"\x1aE\xdf\xa3\x01": "a WebM or Matroska file",
    b"\0\0\0\x20ftypavif": "an AVIF image",
    b"\0\0\0\x20ftypheix": "a HEIC image",
    b"\0\0\0\x20ftypisom": "an MPEG-4 file",
    b"BM\x36\x24": "a BMP image",
    b"\xff\x0a\xfa": "a JPEG XL image",
    bytes(128) + b"DICM": "a DICOM image",
    b"<?xml version='1.0'?><svg/>": "an SVG image",
    b"\n<!DOCTYPE html><html>": "a web page",
    b"": "empty",
    b" ": "empty",
    b"what nobody has seen": "of a type that is not known here",
}


@pytest.mark.parametrize(("data", "name"), NAMED.items(), ids=NAMED.values())
def test_a_file_that_is_not_taken_is_called_what_it_is(data: bytes, name: str) -> None:
    assert what_it_is(data) == name
    with pytest.raises(BadFile, match=name):
        inspect_file(data)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=40))
def test_every_file_is_called_something(data: bytes) -> None:
    assert what_it_is(data)
