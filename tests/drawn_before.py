"""
What pages show, drawn by the process that servers are forked off: each would take five seconds to
draw the same.
"""

from explorer.app.live.chart_view import ChartView
from explorer.app.questions import QUESTIONS
from explorer.app.views import break_even, frontier, totals, world_map

for module in (break_even, frontier, totals, world_map):
    module._drawing()
for view in (view for columns in QUESTIONS.values() for column in columns for view in column):
    if isinstance(view, type) and issubclass(view, ChartView):
        view.drawing()
