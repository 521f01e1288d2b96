from __future__ import annotations

import flatbuffers
import numpy as np

import typing
from typing import cast

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class Right(object):
  Read = cast(int, ...)
  Trade = cast(int, ...)
  Market = cast(int, ...)
  Admin = cast(int, ...)
  Risk = cast(int, ...)

