"""Sliders, choices and history in the browser."""
