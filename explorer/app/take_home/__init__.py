"""A menu on each card: its picture and its table as files."""
