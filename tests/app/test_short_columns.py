"""Short columns are sent as text of the message that they are in, and arrive as they were."""

import json

import numpy as np
import pytest
from bokeh.core.serialization import Deserializer, Serializer
from bokeh.document import Document
from bokeh.models import ColumnDataSource
from bokeh.protocol import Protocol
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from explorer.app.live.pane import _patch
from explorer.app.live.short_columns import MOST_BYTES, in_message

KINDS = ("u1", "u2", "u4", "i4", "f4", "f8")


@given(st.data())
def test_a_short_column_of_numbers_arrives_as_it_was_without_a_frame_of_its_own(data):
    column = data.draw(npst.arrays(data.draw(st.sampled_from(KINDS)), st.integers(0, 40)))
    every_other = in_message(column)[:: data.draw(st.sampled_from([1, -1, 2]))]
    for sent in (in_message(column), every_other):
        said = Serializer().serialize(sent)
        assert said.buffers == []
        there = Deserializer().deserialize(json.loads(json.dumps(said.content)))
        assert there.dtype == column.dtype
        np.testing.assert_array_equal(there, np.asarray(sent))


@pytest.mark.parametrize(
    "column",
    [
        np.zeros(MOST_BYTES + 1, np.uint8),
        np.zeros((4, 3)),
        np.array(["a", "b"], object),
        np.array([True, False]),
        np.zeros(3, np.int64),
    ],
)
def test_what_is_long_or_no_row_of_numbers_is_left_to_bokeh(column):
    assert in_message(column) is column


def test_columns_of_a_picture_that_change_are_one_message():
    source, document = ColumnDataSource({"x": [], "y": []}), Document()
    document.add_root(source)
    events = []
    document.on_change(events.append)
    columns = {"x": np.arange(3.0), "y": np.arange(3, dtype=np.uint8)}
    _patch(source, columns, columns)  # more rows: all of them
    _patch(source, {"x": columns["x"] + 1}, {})
    assert len(events) == 2
    assert Protocol().create("PATCH-DOC", events)._buffers == []
