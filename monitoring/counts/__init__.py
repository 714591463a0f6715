"""What came in, what went out and what people did, as counts in fixed bins by the hour (ADR 0061).

    binning (which bins) -> fold (routings, each once) and hours (people's answers) -> windows (sums of hours)

No page and no check reads a case again; counts are the same bytes whatever the order they were folded in.
"""
