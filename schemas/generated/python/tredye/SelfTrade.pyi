from __future__ import annotations

import flatbuffers
import numpy as np

import typing
from typing import cast

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class SelfTrade(object):
  None_ = cast(int, ...)
  Newest = cast(int, ...)
  Oldest = cast(int, ...)
  Both = cast(int, ...)
  Decrement = cast(int, ...)

