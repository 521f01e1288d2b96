from __future__ import annotations

import flatbuffers
import numpy as np

import typing
from typing import cast

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class CommandFlag(object):
  PostOnly = cast(int, ...)
  TargetIsClientOrderId = cast(int, ...)
  Slide = cast(int, ...)
  RefuseIfThrough = cast(int, ...)
  OneCancelsOther = cast(int, ...)
  OneLane = cast(int, ...)
  OneSide = cast(int, ...)
  CancelOnDisconnect = cast(int, ...)
  PutAside = cast(int, ...)
  Late = cast(int, ...)

