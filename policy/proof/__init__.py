"""The proof that cutoffs keep a promise: the sample, the terms of the test, its result, live evidence."""
