"""
What every page shows, drawn by the process that servers are forked off: each would take a second to
draw the same.
"""

from explorer.app.views import break_even, frontier, totals, world_map

for view in (break_even, frontier, totals, world_map):
    view._drawing()
