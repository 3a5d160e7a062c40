"""States that are pinned, and what they are compared with."""
