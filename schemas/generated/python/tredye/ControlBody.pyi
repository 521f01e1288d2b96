from __future__ import annotations

import flatbuffers
import numpy as np

import typing
from typing import cast

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class ControlBody(object):
  NONE = cast(int, ...)
  Challenge = cast(int, ...)
  Logon = cast(int, ...)
  LogonAnswer = cast(int, ...)
  RolledBack = cast(int, ...)
  Resumed = cast(int, ...)
  Subscribe = cast(int, ...)
  Unsubscribe = cast(int, ...)
  Subscribed = cast(int, ...)
  InstrumentsRequest = cast(int, ...)
  Instruments = cast(int, ...)
  Heartbeat = cast(int, ...)
  Refused = cast(int, ...)
  Status = cast(int, ...)
  PageSample = cast(int, ...)
  Snapshot = cast(int, ...)

