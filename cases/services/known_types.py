"""What a file is that we do not take, by the marks that its kind begins with: an answer can name it."""

from hitl.shared.words import Words

_MARKS = (  # where, what, and what it is; the first that fits
    (0, b"ID3", "an MP3 recording"),
    (0, b"OggS", "an Ogg recording"),
    (0, b"fLaC", "a FLAC recording"),
    (0, b"RIFX", Words("a WAV recording of another byte order")),
    (0, b"riff\x2e\x91\xcf\x11", "a Wave64 recording"),
    (8, b"AIFF", "an AIFF recording"),
    (8, b"AIFC", "an AIFF recording"),
    (0, b"caff", "a CAF recording"),
    (0, b".snd", "an AU recording"),
    (0, b"#!AMR", "an AMR recording"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
    (0, b"\x1aE\xdf\xa3", "a WebM or Matroska file"),
    (4, b"ftypM4A", "an MPEG-4 recording"),
    (4, b"ftyphei", "a HEIC image"),
    (4, b"ftypmif", "a HEIC image"),
    (4, b"ftypavi", "an AVIF image"),
    (4, b"ftyp", "an MPEG-4 file"),
    (0, b"GIF8", "a GIF image"),
    (0, b"II*\x00", "a TIFF image"),
    (0, b"MM\x00*", "a TIFF image"),
    (0, b"II+\x00", "a TIFF image"),
    (0, b"BM", "a BMP image"),
    (0, b"8BPS", "a Photoshop image"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (4, b"JXL ", "a JPEG XL image"),
    (4, b"jP  \r\n", "a JPEG 2000 image"),
    (0, b"\xffO\xffQ", "a JPEG 2000 image"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (128, b"DICM", "a DICOM image"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
)
_HEAD = 512  # bytes in which markup names itself


def what_it_is(data: bytes) -> str:
    """Return what a file is that is no image or recording we take; not to know it is our gap.

    >>> what_it_is(b"GIF89a"), what_it_is(b"")
    ('a GIF image', 'empty')
    """
    if not data.strip():
        return "empty"
    if (named := next((name for at, mark, name in _MARKS if data.startswith(mark, at)), None)) is not None:
        return named
    if data[0] == 0xFF and len(data) > 1 and data[1] & 0xE0 == 0xE0:  # eleven ones begin a frame of sound
        return "an MP3 recording" if data[1] & 0x06 else "an AAC recording"
    head = data[:_HEAD].lower()
    if b"<svg" in head:
        return "an SVG image"
    if b"<html" in head or b"<!doctype html" in head:
        return "a web page"
    return Words("of a type that is not known here")
