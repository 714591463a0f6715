"""What happened, counted by the hour as it arrives, so that no page counts the large tables."""
