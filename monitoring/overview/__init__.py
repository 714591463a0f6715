"""All workflows on one page, for as many queries as one costs.

figures (what takes long to compute, kept by a job) -> rows (where each workflow stands)
-> first (what needs somebody, and what to do: the order of the rows)
"""
