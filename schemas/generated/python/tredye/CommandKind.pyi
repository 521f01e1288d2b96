from __future__ import annotations

import flatbuffers
import numpy as np

import typing
from typing import cast

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class CommandKind(object):
  None_ = cast(int, ...)
  New = cast(int, ...)
  Cancel = cast(int, ...)
  Replace = cast(int, ...)
  CancelReplace = cast(int, ...)
  MassCancel = cast(int, ...)
  OrderStatus = cast(int, ...)
  AccountStatus = cast(int, ...)
  SessionOpen = cast(int, ...)
  SessionLost = cast(int, ...)
  DeadMan = cast(int, ...)
  SetPhase = cast(int, ...)
  Uncross = cast(int, ...)
  EndOfDay = cast(int, ...)
  ReferencePrice = cast(int, ...)
  Continue = cast(int, ...)
  Due = cast(int, ...)
  Note = cast(int, ...)
  AddInstrument = cast(int, ...)
  AddAccount = cast(int, ...)
  AddKey = cast(int, ...)
  RevokeKey = cast(int, ...)
  SetFees = cast(int, ...)
  SetLimits = cast(int, ...)
  AddAsset = cast(int, ...)
  Kill = cast(int, ...)
  Deposit = cast(int, ...)
  Withdraw = cast(int, ...)
  MoveOut = cast(int, ...)
  MoveIn = cast(int, ...)
  MoveDone = cast(int, ...)
  Part = cast(int, ...)
  Bust = cast(int, ...)
  Correction = cast(int, ...)

