"""A scenario as arrays, the linear program of its placement, and the placement."""
