"""How the service is set up, started and stopped on one machine.

Read in this order: `bootstrap` (packages), `main` (what a command needs), `services` (database and broker),
`serve` and `supervisor` (web, worker, beat).

`bootstrap` and `launch` run before any package is installed: they import the standard library only, and so
does this file.
"""
