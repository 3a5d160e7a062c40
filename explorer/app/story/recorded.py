"""A story with its texts and answers, as a page plays it that has no Python behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.app.story.player import at_once
from explorer.measures.storytelling import outcome, step_text
from explorer.model.labels import as_shown
from explorer.model.placement import Placement
from explorer.scenario.story import Story


def recorded_story(story: Story, placements: Sequence[Placement]) -> dict[str, Any]:
    """
    What `recorded.js` plays.

    Parameters
    ----------
    story : Story
    placements : sequence of Placement
        Of its steps.
    """
    steps = []
    for step, before, placement in zip(
        story.steps, (None, *placements[:-1]), placements, strict=True
    ):
        told: dict[str, Any] = {**at_once(step), "text": step_text(step, placement)}
        if step.predict is not None:
            found = outcome(step.predict, before, placement)
            told |= {"right": found.right, "answer": found.words}
        steps.append(told)
    return {"title": as_shown(story.title), "steps": steps}
