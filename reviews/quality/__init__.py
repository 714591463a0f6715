"""How well and how fast people answer, from tasks, reviews and labels of a window; no model has a say."""
