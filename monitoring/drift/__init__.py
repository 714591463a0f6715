"""Whether what comes in, goes out and is answered still is what it was: one check for each window of time.

    metrics (what is compared) -> windows (its counts) -> check (readings, and the alarms that follow) -> run

A check reads counts by the hour and never a case. A metric of which too little is known has a state of its
own, and is never said to be calm (ADR 0070).
"""
