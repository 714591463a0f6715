"""Read files of cases: guess their columns, and turn cells into values of fields (ADR 0042)."""
