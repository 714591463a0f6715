"""Pure Python on NumPy, SciPy, scikit-learn and Pillow: models, explanations, statistics.

Nothing here knows Django, reads a clock or a file, or draws a random number it was not given.
Import the part that is needed; this package imports none of them, so that a web process can
load a served model without scikit-learn.
"""
