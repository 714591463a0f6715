"""What the service does with each kind of field: one module per kind, one record in each (ADR 0041).

A new kind is a module here, a module in `science.kinds`, and its name in the two lists: below and in
`science.fields.Kind`.
"""

from collections.abc import Mapping

from cases.kinds import audio, boolean, category, date, image, number, text
from cases.kinds.record import KindRecord
from science.fields import Kind

# In the order in which a guess tries them: the particular before the general, text last, because all is text.
KINDS: Mapping[Kind, KindRecord] = {
    module.RECORD.kind: module.RECORD for module in (audio, image, boolean, number, date, category, text)
}
ANY = Kind.TEXT  # the kind of what is nothing else, or no longer one thing

__all__ = ["ANY", "KINDS", "KindRecord"]
