"""
What every page shows, drawn by the process that servers are forked off: each would take a second to
draw the same.
"""

from explorer.app.live.chart_view import ChartView
from explorer.app.questions import QUESTIONS
from explorer.app.views import break_even, frontier, totals, world_map

for module in (break_even, frontier, totals, world_map):
    module._drawing()
for view in (view for column in QUESTIONS["Overview"] for view in column):
    if issubclass(view, ChartView):
        view.drawing()
