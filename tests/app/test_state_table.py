"""A recording gives back what was recorded, to five digits, and keeps what is equal once."""

import gzip
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.app.snapshot.state_table import StateTable, checksum, rounded

SIZES = {"f4": 4, "u2": 2, "u1": 1}


def read(table: bytes, states: int) -> list[list[Any]]:
    """What the browser does, in Python: by slot, then by state."""
    head, _, body = gzip.decompress(table).partition(b"\n")

    def joined(length: int, kind: str) -> np.ndarray:
        nonlocal body
        size = SIZES[kind]
        planes, body = np.frombuffer(body[: length * size], np.uint8), body[length * size :]
        return np.ascontiguousarray(planes.reshape(size, length).T).view(f"<{kind}").ravel()

    slots = []
    for slot in json.loads(head):
        which = joined(states, "u2")
        if slot["kind"] == "json":
            values = slot["values"]
        else:
            numbers = joined(sum(slot["sizes"]), slot["kind"])
            values = np.split(numbers, np.cumsum(slot["sizes"])[:-1])
        slots.append([values[place] for place in which])
    assert body == b""
    return slots


numbers = arrays(np.float32, st.integers(0, 5), elements=st.floats(-1e6, 1e6, width=32))
counts = arrays(np.uint16, st.integers(0, 5))
small = arrays(np.uint8, st.integers(0, 5))
texts = st.text(max_size=5)


@given(st.lists(st.tuples(numbers, counts, small, texts), min_size=1, max_size=8))
def test_what_is_recorded_comes_back(screens):
    recording = StateTable(len(screens))
    for state, screen in enumerate(screens):
        recording.add(state, dict(enumerate(screen)))
    came_back = read(recording.table(), len(screens))
    for slot, values in zip(recording.slots(), came_back, strict=True):
        for state, screen in enumerate(screens):
            if slot == 0:
                assert np.allclose(values[state], screen[slot], rtol=2e-5, atol=1e-40)
            else:
                assert list(values[state]) == list(screen[slot])


def test_what_is_the_same_in_all_states_is_left_out_and_what_is_equal_is_kept_once():
    recording, many = StateTable(100), np.arange(1000.0)
    for state in range(100):
        recording.add(
            state, {"same": many, "two": many + state % 2, "word": "even" if state % 2 else "odd"}
        )
    assert recording.slots() == ["two", "word"]
    assert len(recording.table()) < 3 * len(gzip.compress(rounded(many).tobytes()))


def test_a_table_is_the_same_to_the_byte_however_often_it_is_made():
    def made() -> bytes:
        recording = StateTable(2)
        recording.add(0, {"x": np.ones(3)})
        recording.add(1, {"x": np.zeros(3)})
        return recording.table()

    assert checksum(made()) == checksum(made())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 1e30, 123456.7, 1e-30])
def test_numbers_keep_five_digits(value):
    kept = float(rounded(np.array([value]))[0])
    assert kept == pytest.approx(value, rel=1e-5, nan_ok=True)
