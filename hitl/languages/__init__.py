"""The catalogues of texts in other languages: gathered from the code, kept as `.po`, compiled when served.

How texts are marked and translated: docs/how-to/translate.md.
"""
