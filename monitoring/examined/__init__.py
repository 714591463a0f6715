"""What counts alone cannot say, once a day: of labels, of scores, and of a sample of the cases (ADR 0077).

sample (cases of each day) -> model (what it says of them now) -> together, impact, skew
errors (found and predicted) -> gap, expected
run (a day's readings, and their alarms)
"""
