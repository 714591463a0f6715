"""How well people answer, and how fast: questions to tasks, reviews and labels of a bounded time. No model
votes."""
