"""Exercises of the course and their checks."""
