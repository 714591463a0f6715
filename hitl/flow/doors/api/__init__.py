"""The REST doors: parse, call one service, answer."""
