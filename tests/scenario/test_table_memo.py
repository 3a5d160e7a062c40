"""What is remembered of a table is what would be made of it now, however it was changed."""

from collections.abc import Callable
from gc import collect
from pickle import dumps, loads

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import random_scenario

from explorer import Scenario
from explorer.cache import digest
from explorer.model.network import build_network
from explorer.scenario.scenario import SETTINGS, TABLES
from explorer.scenario.table_memo import _seen, key_of, memo_of, twin

Edit = Callable[[pd.DataFrame], object]
NUMBERS = ("a", "b")


def table() -> pd.DataFrame:
    words = pd.Series(["one", "two", "three", "four"], dtype=object)
    return pd.DataFrame({"a": np.arange(4.0), "b": np.arange(4.0) / 2, "t": words})


EDITS: dict[str, Edit] = {
    "a cell by its place": lambda f: f.iat.__setitem__((0, 0), 9.0),
    "a cell by its name": lambda f: f.at.__setitem__((1, "b"), 9.0),
    "a cell of text": lambda f: f.loc.__setitem__((2, "t"), "nine"),
    "some cells": lambda f: f.loc.__setitem__((f["a"] > 1, [*NUMBERS]), 9.0),
    "a column": lambda f: f.__setitem__("a", 9.0),
    "a column within": lambda f: f.loc.__setitem__((slice(None), "a"), f["a"].to_numpy()[::-1]),
    "two columns": lambda f: f.__setitem__([*NUMBERS], f[["b", "a"]].to_numpy()),
    "names": lambda f: setattr(f, "columns", ["b", "a", "t"]),
    "no column": lambda f: f.pop("b"),
    "a column more": lambda f: f.insert(0, "c", 1.0),
    "a row more": lambda f: f.loc.__setitem__(4, [9.0, 9.0, "nine"]),
    "another's cells": lambda f: f.update(pd.DataFrame({"a": [9.0]})),
    "a kind of number": lambda f: f.isetitem(1, [1, 2, 3, 4]),
    "blanks": lambda f: f.where(f[[*NUMBERS]] < 1, inplace=True),
}


def told(frame: pd.DataFrame) -> list[object]:
    """What one gets to know of a table."""
    memo = memo_of(frame)
    numbers = [memo.numbers(name, 7.0).tolist() for name in NUMBERS if name in frame]
    return [
        memo.key(*NUMBERS, "t"),
        memo.texts("t"),
        *numbers,
        memo.find("size", lambda: frame.size),
    ]


@pytest.mark.parametrize("of", [lambda f: f, twin], ids=["itself", "its twin"])
@pytest.mark.parametrize("edit", EDITS)
def test_a_change_in_place_is_seen_and_stays_with_the_table_that_was_changed(edit, of):
    frame = table()
    changed, before = of(frame), told(frame)
    assert memo_of(frame) is memo_of(frame) is memo_of(changed)
    EDITS[edit](changed)
    assert told(changed) == told(changed.copy()) != before
    assert changed is frame or (told(frame) == before and frame.equals(table()))


def test_what_is_remembered_dies_with_its_table():
    frame = table()
    copy = twin(frame)
    place, remembered = id(frame), memo_of(frame)
    assert memo_of(copy) is remembered and place in _seen
    del frame
    collect()
    assert place not in _seen and memo_of(copy) is remembered


def test_nobody_can_write_to_what_is_remembered():
    with pytest.raises(ValueError, match="read-only"):
        memo_of(table()).numbers("a")[0] = 9.0


def test_keys_are_of_contents_and_say_what_is_not_there():
    assert key_of(table(), "a", "t") == key_of(table(), "a", "t") != key_of(table(), "t", "a")
    assert len({key_of(None), key_of(table(), "z"), key_of(table().iloc[:0], "a"), digest("")}) == 4


@settings(max_examples=25)
@given(data=st.data())
def test_a_network_is_that_of_a_scenario_that_nothing_is_remembered_of(data):
    """After any changes, in place and not, of original and copy: as if read for the first time."""
    worlds = [random_scenario(data.draw(st.integers(0, 20)), 3, 3, 2, exceptions=True)]
    worlds.append(worlds[0].copy())
    for _ in range(data.draw(st.integers(1, 3))):
        changed, other = data.draw(st.permutations(worlds))
        before, untouched = build_network(changed), build_network(other)
        _change(changed, data)
        after = build_network(changed)
        fresh = build_network(loads(dumps(changed)))
        assert after == fresh and after.labels == fresh.labels
        assert build_network(other) == untouched
        for name in ("price_usd_per_mwh", "carbon_kg_per_mwh", "pue", "capacity_mw", "demand_mw",
                     "pinned_mw", "budget_ms", "latency_ms", "allowed", "cost_usd_per_mwh"):  # fmt: skip
            assert np.array_equal(getattr(after, name), getattr(fresh, name))
            same = np.array_equal(getattr(after, name), getattr(before, name))
            assert same or after != before, name


def _change(world: Scenario, data: st.DataObject) -> None:
    """A number of a table, of a class or of a setting, another one."""
    where = data.draw(st.sampled_from(["table", "class", "setting"]))
    by = data.draw(st.sampled_from([0.5, 0.9]))
    if where == "table":
        tables = [name for name in TABLES if getattr(world, name) is not None]
        frame = getattr(world, data.draw(st.sampled_from(tables)))
        columns = [c for c in frame.select_dtypes("number") if "hour" not in c and "share" not in c]
        if columns and len(frame):
            row = data.draw(st.integers(0, len(frame) - 1))
            column = data.draw(st.sampled_from(columns))
            frame.loc[row, column] = 1.0 + by if column == "pue" else by * frame.loc[row, column]
    elif where == "class":
        workload = data.draw(st.sampled_from([*world.workloads.values()]))
        name = data.draw(st.sampled_from([*workload.model_values()]))
        if name != "share_of_demand":
            setattr(workload, name, by * getattr(workload, name))
    else:
        numbers = [name for name in SETTINGS if isinstance(getattr(world, name), float)]
        name = data.draw(st.sampled_from([n for n in numbers if np.isfinite(getattr(world, n))]))
        setattr(world, name, by * getattr(world, name))
