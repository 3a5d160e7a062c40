"""`wattlas story`."""

from __future__ import annotations

import argparse

from explorer.teaching.story_notebook import write_story


def run(args: argparse.Namespace) -> int:
    """Write a story as a notebook."""
    path = write_story(args.scenario, args.output)
    print(f"The story is in {path}: open it with `jupyter lab`.")
    return 0
