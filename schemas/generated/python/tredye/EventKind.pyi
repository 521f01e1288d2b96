from __future__ import annotations

import flatbuffers
import numpy as np

import typing
from typing import cast

uoffset: typing.TypeAlias = flatbuffers.number_types.UOffsetTFlags.py_type

class EventKind(object):
  None_ = cast(int, ...)
  Accepted = cast(int, ...)
  Rejected = cast(int, ...)
  Booked = cast(int, ...)
  Fill = cast(int, ...)
  Reduced = cast(int, ...)
  Cancelled = cast(int, ...)
  Replaced = cast(int, ...)
  Replenished = cast(int, ...)
  Triggered = cast(int, ...)
  Prevented = cast(int, ...)
  OrderState = cast(int, ...)
  PositionState = cast(int, ...)
  BalanceState = cast(int, ...)
  SessionOpened = cast(int, ...)
  SessionClosed = cast(int, ...)
  DeadManSet = cast(int, ...)
  PhaseChanged = cast(int, ...)
  Uncrossed = cast(int, ...)
  ReferenceChanged = cast(int, ...)
  Started = cast(int, ...)
  Finished = cast(int, ...)
  Noted = cast(int, ...)
  InstrumentAdded = cast(int, ...)
  AccountAdded = cast(int, ...)
  KeyAdded = cast(int, ...)
  KeyRevoked = cast(int, ...)
  FeesSet = cast(int, ...)
  LimitsSet = cast(int, ...)
  AssetAdded = cast(int, ...)
  KillChanged = cast(int, ...)
  Deposited = cast(int, ...)
  Withdrawn = cast(int, ...)
  MovedOut = cast(int, ...)
  MovedIn = cast(int, ...)
  MoveEnded = cast(int, ...)
  BalanceChanged = cast(int, ...)
  Busted = cast(int, ...)
  Corrected = cast(int, ...)
  FillBusted = cast(int, ...)
  FillCorrected = cast(int, ...)
  Trade = cast(int, ...)
  Top = cast(int, ...)
  TradeVoid = cast(int, ...)
  Indicative = cast(int, ...)
  TradeCorrected = cast(int, ...)

