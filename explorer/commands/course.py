"""`wattlas course`."""

from __future__ import annotations

import argparse

from explorer.teaching.course import write_course


def run(args: argparse.Namespace) -> int:
    """Copy the course and its scenarios into a folder."""
    folder = write_course(args.folder)
    print(f"The course is in {folder}: open it with `jupyter lab {folder}`.")
    return 0
