"""One HTML file that solves any state of a scenario by itself."""

# what of the page `--hide` leaves out
HIDEABLE = ("totals", "map", "frontier", "break-even", "layers", "table", "argument", "proof")
