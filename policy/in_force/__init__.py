"""What governs the next case: the rule, what it rests on, and where the promise stands."""
