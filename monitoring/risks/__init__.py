"""What could go wrong with a service in which models and people decide, and what would notice it.

register (the risks, as data) -> noticed (where a risk is seen in one workflow) -> drills (played, and kept)
"""
