"""The demo's story of a world that changes: three workflows, three weeks in a quarter of an hour.

    changes (what changes, and what comes in then) -> weeks (a day: cases, people, jobs, the clock)
    -> story (what is seen, what people do about it, and what comes of it)

The service is the one of every day. Only its clock is stepped: the weeks begin in the past and end now.
"""
