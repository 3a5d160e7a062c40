"""Short columns stand in the message that they are part of."""

from __future__ import annotations

import sys
import zlib
from base64 import b64encode
from typing import Any

import numpy as np
from bokeh.core.serialization import Serializer
from numpy.typing import NDArray

MOST_BYTES = 4096  # of a column that is sent as text
_KINDS = frozenset({"uint8", "uint16", "uint32", "int32", "float32", "float64"})
_GZIP = 16 + zlib.MAX_WBITS  # what Bokeh expects of text


class _ShortColumn(np.ndarray):
    """Numbers that a message has as text."""


def in_message(column: NDArray[Any]) -> NDArray[Any]:
    """
    A column as it is to be sent: a short one of numbers as text of the message.

    Otherwise Bokeh sends two frames for each column after the message. They were eighty of a
    hundred for a move of a slider, and a frame takes server and browser longer than the few bytes
    in it.
    """
    short = column.ndim == 1 and column.nbytes <= MOST_BYTES and column.dtype.name in _KINDS
    return column.view(_ShortColumn) if short else column


def _encode(column: NDArray[Any], _serializer: Serializer) -> dict[str, Any]:
    contents = zlib.compress(column.tobytes(), wbits=_GZIP)
    return {
        "type": "ndarray",
        "array": {"type": "bytes", "data": b64encode(contents).decode()},
        "shape": list(column.shape),
        "dtype": column.dtype.name,
        "order": sys.byteorder,
    }


Serializer.register(_ShortColumn, _encode)
