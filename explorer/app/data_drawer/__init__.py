"""The data of a scenario in a drawer: tables, sources, notices, coverage."""
