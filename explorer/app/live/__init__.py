"""Plots that are patched in place, and when the work for them is done."""
