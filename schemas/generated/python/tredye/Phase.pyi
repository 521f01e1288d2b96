from __future__ import annotations

import flatbuffers
import numpy as np

import typing
from typing import cast

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class Phase(object):
  Closed = cast(int, ...)
  PreOpen = cast(int, ...)
  Auction = cast(int, ...)
  Continuous = cast(int, ...)
  Halted = cast(int, ...)
  CancelOnly = cast(int, ...)
  PostOnly = cast(int, ...)
  VolatilityAuction = cast(int, ...)

