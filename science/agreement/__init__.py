"""How far people agree, how well each of them answers, and what they say together. People only: no model
votes.

Everything here takes counts or arrays and returns numbers with their intervals, or says that there is too
little to tell (`TooFew`): a share of three answers is an anecdote.
"""
