"""Circles stand apart, names stand beside them, and neither walks about."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.charts.map_places import (
    APART_PX,
    LETTER_PX,
    LINE_PX,
    M_PER_PX,
    NARROW,
    names_on_map,
    set_apart,
)
from explorer.charts.projection import EDGE_M

FAR_M = APART_PX * M_PER_PX
at = st.tuples(st.floats(-1.5e7, 1.5e7), st.floats(-7e6, 8e6))


@given(st.lists(at, min_size=1, max_size=12))
def test_places_stand_apart_and_near_where_they_are(where):
    x, y = np.array(where, float).T
    a, b = set_apart((x, y))
    moved = np.hypot(a - x, b - y)
    gaps = np.abs((a + 1j * b)[:, np.newaxis] - (a + 1j * b)) + FAR_M * np.eye(len(a))
    # a crowd is let out as far as it goes in a few rounds; two are a whole step apart
    assert gaps.min() > (0.9 if len(a) == 2 else 0.2) * FAR_M
    assert moved.max() < FAR_M * len(a) and np.abs(a).max() <= EDGE_M


def test_what_is_alone_stays_where_it_is():
    x, y = np.array([0.0, 5e6, -8e6]), np.array([0.0, 1e6, 3e6])
    assert np.array_equal(set_apart((x, y)), (x, y))


@given(st.lists(st.tuples(at, st.floats(0, 500)), min_size=1, max_size=30))
def test_names_are_those_of_the_largest_and_none_lies_on_another(rows):
    x, y = np.array([place for place, _ in rows], float).T
    mw = np.array([mw for _, mw in rows])
    columns = {"x": x, "y": y, "size": np.full(len(mw), 9.0), "it_mw": mw}
    named = names_on_map(columns, [f"Town {n}" for n in range(len(mw))], 5)
    of = [int(name.split()[1]) for name in named["name"]]
    assert len(of) <= 5 and (mw[of] > 0).all() and (np.diff(mw[of]) <= 0).all()
    if mw.max() > 0:
        assert of and mw[of[0]] == mw.max()  # the first has room in at least one place
    boxes = []
    for n, name in enumerate(named["name"]):
        width = LETTER_PX * len(name)
        left = NARROW * named["x"][n] / M_PER_PX + named["dx"][n]
        left -= {"left": 0.0, "center": width / 2, "right": width}[named["align"][n]]
        middle = NARROW * named["y"][n] / M_PER_PX + named["dy"][n]
        boxes.append((left, middle - LINE_PX / 2, left + width, middle + LINE_PX / 2))
    for n, one in enumerate(boxes):
        for other in boxes[:n]:
            beside = one[0] >= other[2] or other[0] >= one[2]
            assert beside or one[1] >= other[3] or other[1] >= one[3]


def test_what_is_seen_alone_is_named_by_its_largest():
    """Found with `map(extent=...)`: Europe without names, for the five largest were elsewhere."""
    x, y = np.array([-9e6, -8e6, 0.0, 1e5, 1e6]), np.zeros(5)
    columns = {"x": x, "y": y, "size": np.full(5, 9.0), "it_mw": np.array([9.0, 8, 1, 2, 3])}
    names = list("ABCDE")
    assert names_on_map(columns, names, 2)["name"].tolist() == ["A", "B"]
    europe = (-2e6, 2e6), (-1e6, 1e6)
    assert names_on_map(columns, names, 2, europe)["name"].tolist() == ["E", "D"]
    # closer by, there is room for more
    assert len(names_on_map(columns, names, 5, europe)["name"]) == 3
