"""The table of regions in the browser."""
