from __future__ import annotations

import flatbuffers
import numpy as np

import typing
from typing import cast

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class Trigger(object):
  None_ = cast(int, ...)
  LastTrade = cast(int, ...)
  Touch = cast(int, ...)
  Reference = cast(int, ...)

