"""Prices and carbon that another program keeps writing, on the page."""
