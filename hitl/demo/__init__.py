"""The demonstration: workflows on real and drawn data, a stream of cases, the story run once as a check."""
