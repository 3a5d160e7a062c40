"""Own data on the page: begun from a scenario or uploaded, checked, edited in place, opened and taken along."""
