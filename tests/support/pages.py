"""A page as its reader sees it: how a template is broken into lines means nothing to a test."""

import re

_BLOCKS = "dd|dt|div|h[1-6]|li|ol|p|section|table|tbody|td|th|thead|tr|ul"


def as_read(html: str) -> str:
    """Return the source with each run of white space as one space, and none where browsers show none.

    That is inside a tag's brackets and at the edges of blocks: ``<dd>\\n  no\\n</dd>`` is ``<dd>no</dd>``.
    Spaces between words and inline tags stay, since they are seen.
    """
    html = re.sub(r"\s+", " ", html)
    html = re.sub(r"(<[\w-]+(?: [^<>]*?)?) (/?>)", r"\1\2", html)
    return re.sub(rf" ?(</?(?:{_BLOCKS})\b[^<>]*>) ?", r"\1", html)
