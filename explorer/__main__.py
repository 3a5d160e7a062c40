"""`python -m explorer`: the command `wattlas`, where its folder is not on the path."""

import sys

from explorer.cli import main

sys.exit(main())
