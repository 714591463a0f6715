"""What each kind of field is to a model: one module per kind, one record in each (ADR 0041).

`science.fields.Kind` is made of these records; whoever holds a field finds them at `field.kind.traits`. What
cases, files and pages do with a kind stands in `cases.kinds`, under the same names.
"""
