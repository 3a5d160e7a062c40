"""The sentence says what the placement says, and what keeps load at home is found again by loops."""

import re
from collections import defaultdict

import pytest

from explorer import Scenario, solve
from explorer.charts.remedies import CAUSES
from explorer.measures.argument import (
    REASONS,
    SEVERAL,
    WORDS,
    argument,
    held_at_home_mw,
    reason_said,
)
from explorer.measures.headlines import basis_of
from explorer.model.placement import Placement
from explorer.registry import MEASURES, OVERVIEW
from explorer.words import speaking
from tests.scenarios import random_scenario


def sentence(placement: Placement) -> str:
    return "".join(part.text for part in argument(placement))


def by_loops(placement: Placement) -> dict[str, float]:
    """For each client, class and region, what single constraint stands in the way."""
    net, best = placement.network, placement.optimum
    load = placement.region_it_mw
    found: dict[str, float] = defaultdict(float)
    for i, h in enumerate(net.home):
        for k in range(len(net.workloads)):
            gains: dict[str, float] = defaultdict(float)
            open_gain = 0.0
            for j in range(len(net.regions)):
                gain = net.cost_usd_per_mwh[i, h, k] - net.cost_usd_per_mwh[i, j, k]
                stands = [name for name, held in net.masks.items() if not broadcast(held, i, j, k)]
                if not net.within_budget[i, j, k]:
                    stands.append("latency")
                if gain <= 1e-6:
                    stands.append("friction")
                if load[j] >= net.capacity_mw[j] * (1 - 1e-9):
                    stands.append("capacity")
                if stands == ["friction"]:
                    gain = electricity(placement, int(h)) - electricity(placement, j)
                if len(stands) == 1:
                    gains[stands[0]] = max(gains[stands[0]], gain)
                if not stands:
                    open_gain = max(open_gain, gain)
            most = max(gains, key=lambda name: gains[name], default=SEVERAL)
            found[most if gains[most] > 1e-6 else SEVERAL] += best.free_mw[i, h, k]
            found["state locality" if open_gain > 1e-6 else SEVERAL] += best.pinned_mw[i, k]
    return {name: mw for name, mw in found.items() if mw > 0}


def broadcast(held, i: int, j: int, k: int) -> bool:
    return bool(held[i, j, k if held.shape[2] > 1 else 0])


def electricity(placement: Placement, j: int) -> float:
    net = placement.network
    carbon = net.carbon_price_usd_per_t * net.carbon_kg_per_mwh[j] * net.pue[j] / 1000
    return net.energy_usd_per_mwh[j] + carbon


@pytest.mark.parametrize("seed", range(25))
def test_what_keeps_load_at_home_is_what_loops_find(seed):
    placement = solve(random_scenario(seed, exceptions=seed % 3 == 0, capacity_scale=1.5))
    assert held_at_home_mw(placement) == pytest.approx(by_loops(placement), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_all_that_stays_is_accounted_for(seed):
    placement = solve(random_scenario(seed))
    at_home = placement.served_mw - placement.relocated_mw
    assert sum(held_at_home_mw(placement).values()) == pytest.approx(at_home, abs=1e-6)


def test_every_part_leads_to_a_question_there_is():
    placement = solve(Scenario.load("stylized-12"))
    asked = {part.question for part in argument(placement)} - {""}
    assert OVERVIEW in asked
    assert asked <= {measure.question for measure in MEASURES.values()}


def test_who_is_refused_is_said():
    scenario = Scenario.load("classroom-3x3")
    scenario.capacity_scale = 0.5
    assert "25.0 MW find nobody to serve them because of full regions" in sentence(solve(scenario))


def test_every_reason_is_said_in_words():
    """Found with the law: "267 MW find nobody to serve them, for law"."""
    assert {cause: reason_said(cause) for cause in CAUSES} == REASONS
    assert reason_said("law and price or system") == (
        "the law and the price or regions that do not offer the class"
    )


def test_where_other_load_is_served_no_saving_is_claimed():
    scenario = Scenario.load("world-2025")
    scenario.capacity_scale = 0.3
    placement = solve(scenario)
    assert basis_of(placement)
    assert "per MWh served than nearest first" in sentence(placement)


def test_the_sentence_names_the_baseline_it_compares_with():
    scenario = Scenario.load("classroom-3x3")
    scenario.baseline_rule = "least relocation"
    said = sentence(solve(scenario))
    assert "than moving no more than it must" in said and "nearest first" not in said


def test_a_class_of_several_words_is_no_adjective():
    scenario = Scenario.load("follow-the-sun")
    assert sentence(solve(scenario)).startswith("Coding agent turn: a request may take 5 s. ")


def test_where_nothing_moves_the_sentence_says_so():
    scenario = Scenario.load("classroom-3x3")
    scenario.friction_scale = 1000
    said = sentence(solve(scenario))
    assert said.startswith("A chat request may take 150 ms. All computing stays near its users")
    assert "cost as much as nearest first" in said and WORDS["friction"] in said


def test_without_demand_or_without_anybody_served_nothing_stays_or_is_saved():
    scenario = Scenario.load("classroom-3x3")
    scenario.total_demand_mw = 0
    assert sentence(solve(scenario)) == "Nobody asks for anything: there is no load to place."
    scenario.param.update(total_demand_mw=100, capacity_scale=0)
    said = sentence(solve(scenario))
    assert said.startswith("A chat request may take 150 ms. 100 MW find nobody to serve them")
    assert "near its users" not in said and "saves" not in said


def test_in_chinese_clauses_and_sentences_have_the_signs_of_the_language():
    with speaking("zh"):
        said = sentence(solve(Scenario.load("classroom-3x3")))
    assert said.endswith("。") and "，" in said
    assert not re.search(r"[,.;:] |[，。：] ", said)
