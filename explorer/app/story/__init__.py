"""A scenario's story, played step by step."""
