"""The doors whose answer crosses apps: REST, pages, admin, jobs. Each parses and calls one service."""
