"""What governs the next case: the rule, what it rests on, and whether the promise is kept."""
