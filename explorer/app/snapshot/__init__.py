"""One HTML file that solves any state of a scenario by itself."""

# what of the page `--hide` leaves out
HIDEABLE = ("totals", "map", "frontier", "break-even", "layers", "table", "argument", "proof")
FRAME_PX = (200, 5000)  # least and most height that `--embed` takes
