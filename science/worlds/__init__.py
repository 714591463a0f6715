"""Simulated worlds whose truth is known, so that a broken promise can be counted instead of suspected.

`ranked` draws scores and errors with a known risk curve, `pool` draws real cases from a finite population,
`drift` changes the risk over time, `reviewers` answers wrongly at a known rate, `stream` is a small task with
features that a real classifier can learn and that changes. `trials` certifies and
`watches` monitors in them, again and again.
"""
