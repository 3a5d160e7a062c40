"""HiGHS as this package uses it: stated in PuLP's words, silent, and every call of it looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import highspy
import pulp

from explorer.errors import SolverError
from explorer.words import mark, tr

EXTREMES = mark("Look for extreme values in the scenario.")


class _Silent(highspy.Highs):
    """HiGHS 1.16 prints who it is where it is made, to standard output: silence comes first."""

    def enableCallbacks(self) -> None:  # noqa: N802  HiGHS' own name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


class Highs:
    """
    A HiGHS model; what it refuses raises a `SolverError`, so that no answer is that of an earlier
    question.

    Has every method of `highspy.Highs`.
    """

    def __init__(self, **options: Any) -> None:
        self.raw = _Silent()  # for PuLP, which fills it
        for option, value in options.items():
            self.setOptionValue(option, value)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self.raw, name)

        def looked_at(*arguments: Any) -> Any:
            result = call(*arguments)
            status = result[0] if isinstance(result, tuple) else result
            if isinstance(status, highspy.HighsStatus) and status == highspy.HighsStatus.kError:
                raise SolverError(tr("HiGHS refused {}.", name), tr("solver"), tr(EXTREMES))
            return result

        self.__dict__[name] = looked_at  # asked for once: a frontier calls some two thousand times
        return looked_at


def stated(problem: pulp.LpProblem, **options: Any) -> Highs:
    """The live HiGHS model of a problem in PuLP's words, not solved yet."""
    highs = Highs(**options)
    fill(highs, problem)
    return highs


def fill(highs: Highs, problem: pulp.LpProblem) -> None:
    """State a problem in PuLP's words in an empty model."""
    problem.solverModel = highs.raw  # pyright: ignore[reportAttributeAccessIssue]
    pulp.HiGHS(msg=False).buildSolverModel(problem)
    if (highs.getNumCol(), highs.getNumRow()) != (problem.numVariables(), problem.numConstraints()):
        raise SolverError(
            tr("HiGHS refused a number."), tr("solver"), tr(EXTREMES)
        )  # PuLP does not look
