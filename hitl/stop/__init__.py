"""Stop everything: one switch for the whole service, in the database, which every decision asks."""
