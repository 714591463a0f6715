"""Requests and jobs that need several apps: REST, pages, admin. Each parses and calls one service."""
