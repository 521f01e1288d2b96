from __future__ import annotations

import flatbuffers
import numpy as np

import typing

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class TickRow(object):
  @classmethod
  def SizeOf(cls) -> int: ...

  def Init(self, buf: bytes, pos: int) -> None: ...
  def From(self) -> int: ...
  def Tick(self) -> int: ...

def CreateTickRow(builder: flatbuffers.Builder, from_: int, tick: int) -> uoffset: ...

