"""Prices and carbon of the moment, which another program writes into files: read, and put into a scenario."""
