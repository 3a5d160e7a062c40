"""`wattlas sweep`."""

from __future__ import annotations

import argparse
import sys

from explorer.sweeps.sweep import sweep


def run(args: argparse.Namespace) -> int:
    """Solve many scenarios by a plan."""
    try:
        table = sweep(args.plan, args.output, args.scheduler)
    except KeyboardInterrupt:
        print(f"What is done is in {args.output}: the same command goes on.", file=sys.stderr)
        raise
    failed = sum(bool(why) for why in table["failure"])
    count = (
        f"{len(table):,} points, {failed:,} of them failed" if failed else f"{len(table):,} points"
    )
    print(f"{count}, in {args.output}. Checksum of the content: {table.attrs['checksum']}.")
    return 0
