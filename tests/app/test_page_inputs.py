"""
What a user changes in a page without a server goes through the same states as in the app, whatever
is moved, undone and redone.
"""

import json
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import Scenario
from explorer.app.controls.controls import Inputs
from explorer.scenario.history import History
from tests.app.test_page_views import NODE, PAGE

MOVED = {
    "friction_scale": (0.0, 0.5, 2.0, -1.0),
    "chat/budget": (120.0, 180.5, 1e9, -3.0),
    "legal_policy": ("open", "today", "nowhere"),
    "mean_delay_cap_ms": (None, 5.0),
    "latency_relaxation_ms": (0.0, -10.0),
}
ACTIONS = ("undo", "redo", "reset", "/new step")
SCRIPT = """
import {readFileSync} from "node:fs"
import {Inputs} from "%s"
const {values, controls, walks} = JSON.parse(readFileSync(0, "utf8"))
const found = walks.map(steps => {
  const inputs = new Inputs({...values, mean_delay_cap_ms: Infinity}, controls, {})
  return steps.map(step => {
    const complaints = typeof step === "string" && inputs[step] ? inputs[step]() ?? {} : inputs.write(step)
    return [inputs.state, Object.keys(complaints), inputs.can_undo, inputs.can_redo]
  })
})
process.stdout.write(JSON.stringify(found))
"""
Step = str | dict[str, float | str | bool | None]
CHANGE = st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in MOVED.items()})
STEP = st.sampled_from(ACTIONS) | CHANGE.filter(bool)


def in_the_app(steps: list[Step]) -> list[list[object]]:
    scenario = Scenario.load("classroom-3x3")
    history, inputs, found = History(scenario), Inputs(scenario, {}), []
    inputs.on_new_step = history.end_move
    for step in steps:
        if step in ("undo", "redo", "reset"):
            getattr(history, str(step))()
            complaints = {}
        else:
            complaints = inputs.write(dict(step) if isinstance(step, dict) else {str(step): True})
        read = inputs.read()
        state = {key: read[key] for key in MOVED}
        found.append([state, sorted(complaints), history.can_undo, history.can_redo])
    return found


@settings(max_examples=25)
@given(st.lists(st.lists(STEP, max_size=12), min_size=1, max_size=20))
def test_every_walk_leads_where_it_leads_in_the_app(walks):
    inputs = Inputs(Scenario.load("classroom-3x3"), {})
    controls = [control for group in inputs.groups for control in group["controls"]]
    plain = [[{"/new step": True} if s == "/new step" else s for s in walk] for walk in walks]
    sent = {"values": inputs.read(), "controls": controls, "walks": plain}
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", SCRIPT % (PAGE / "inputs.js").as_uri()],
        input=json.dumps(sent), capture_output=True, check=True, text=True,
    )  # fmt: skip
    for walk, page in zip(walks, json.loads(done.stdout), strict=True):
        ours = [[{key: s[key] for key in MOVED}, sorted(c), *flags] for s, c, *flags in page]
        assert ours == in_the_app(walk)
