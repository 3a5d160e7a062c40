"""Exercises of the course and their checks, and stories as notebooks."""
