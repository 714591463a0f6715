"""The REST API: each view parses, calls one service, and answers (ADR 0005)."""
