"""A submission becomes a case and its first decision. Begin at `submit`: it has the steps."""
