"""A session with Tredye over WebSocket, blocking, one thread: logon, instruments, new orders and their reports.

Frames are built and read by the code that flatc makes of schemas/*.fbs (schemas/generated/python). It trusts what the
platform sends: generated Python has no verifier. One connection, no reconnect and no heartbeats: for sessions that
last less than two minutes. Everything that goes wrong is a TredyeError with one sentence and a code.
"""
import hashlib
import json
import os
import struct
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import flatbuffers
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

sys.path.append(str(Path(__file__).resolve().parents[2] / "schemas" / "generated" / "python"))

from tredye import Challenge, Command, CommandFrame, ControlFrame, Event, Instruments, InstrumentsRequest  # noqa: E402
from tredye import Logon, LogonAnswer, LogonTerms, Refused, ReportFrame  # noqa: E402
from tredye.CommandKind import CommandKind  # noqa: E402
from tredye.ControlBody import ControlBody  # noqa: E402
from tredye.EventBit import EventBit  # noqa: E402
from tredye.OrderType import OrderType  # noqa: E402
from tredye.Reason import Reason  # noqa: E402
from tredye.TimeInForce import TimeInForce  # noqa: E402

VERSION = 1
HEARTBEAT_SECONDS = 60
ANSWER_SECONDS = 15
LANE = 1
# A lane's client order ids only ever rise: 256 for each millisecond since 2020-01-01 leaves room between two starts.
COUNTER_EPOCH_SECONDS = 1_577_836_800
COUNTERS_PER_SECOND = 256_000
# As in schemas/layout.ts.
NO_PRICE = -(2**31)
# What a New may have beside what every one has; 0: it has it not.
NEW_FIELDS = ("display_quantity", "min_quantity", "trigger_price", "self_trade", "trigger", "flags")


class TredyeError(Exception):
    """code: the name of the platform's reason (tredye.Reason), or BadArgument, BadKey, NotConnected, Closed, UnknownSymbol."""

    def __init__(self, code, sentence):
        super().__init__(sentence)
        self.code = code


def name_of(codes, value):
    """The name of a code in a generated table of codes, or its number as text when this client does not know it."""
    names = [name for name, code in vars(codes).items() if code == value and not name.startswith("__")]
    return names[0].rstrip("_") if names else str(value)


class Session:
    """Logged on as soon as it is made. key_file: as the platform's first start leaves it in the data directory.

    What is not given is what TREDYE_KEY and TREDYE_URL say, else data/admin-key.json and ws://127.0.0.1:7400.
    """

    def __init__(self, key_file=None, url=None):
        key_id, private_key = read_key(key_file or os.environ.get("TREDYE_KEY") or "data/admin-key.json")
        url = url or os.environ.get("TREDYE_URL") or "ws://127.0.0.1:7400"
        self._frame_number = 0
        self._counter = int((time.time() - COUNTER_EPOCH_SECONDS) * COUNTERS_PER_SECOND)
        self._url = url
        address = url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/v1/stream"
        try:
            self._socket = connect(address, compression=None, open_timeout=ANSWER_SECONDS)
        except (OSError, WebSocketException, ValueError) as error:
            raise TredyeError("NotConnected", f"No connection to {url}: {error}.") from error
        challenge = self._control(ControlBody.Challenge, Challenge.Challenge)
        terms = _terms_bytes(key_id)
        nonce = bytes(challenge.Nonce(at) for at in range(challenge.NonceLength()))
        signed = b"tredye-logon-v1\0" + challenge.Venue() + b"\0" + nonce
        signed += struct.pack("<I", key_id) + hashlib.sha256(terms).digest()
        self._socket.send(_logon_frame(terms, private_key.sign(signed)))
        self.account = self._control(ControlBody.LogonAnswer, LogonAnswer.LogonAnswer).Account()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def instrument(self, symbol):
        """The number and the shard of an instrument."""
        after, more = 0, True
        while more:
            builder = flatbuffers.Builder(64)
            InstrumentsRequest.Start(builder)
            InstrumentsRequest.AddRequest(builder, 1)
            InstrumentsRequest.AddAfter(builder, after)
            self._socket.send(_control_frame(builder, ControlBody.InstrumentsRequest, InstrumentsRequest.End(builder)))
            page = self._control(ControlBody.Instruments, Instruments.Instruments)
            for at in range(page.InstrumentsLength()):
                listed = page.Instruments(at)
                if listed.Symbol().decode() == symbol:
                    return listed.Id(), listed.Shard()
                after = max(after, listed.Id())
            more = page.More() and page.InstrumentsLength() > 0
        raise TredyeError("UnknownSymbol", f"There is no instrument {symbol}.")

    def place(self, symbol, side, price, quantity, time_in_force=TimeInForce.GoodTillCancel, **more):
        """Sends an order (ticks, lots) and yields every report of it, durable, up to the last of its command.

        A limit order, or any other kind by more of the fields that docs/records-table.md names for a New: order_type,
        display_quantity (of an iceberg), min_quantity (expiry of a good-till-date), trigger and trigger_price (distance
        of a trailing stop), self_trade, and flags, a sum of tredye.CommandFlag. price None: none. What the engine does
        not like is a Rejected report. Two orders of which one cancels the other take two commands in a frame: this
        session sends one, the TypeScript client sends pairs.
        """
        terms = dict.fromkeys(NEW_FIELDS, 0) | {"order_type": OrderType.Limit} | more
        if unknown := terms.keys() - {"order_type", *NEW_FIELDS}:
            raise TredyeError("BadArgument", f"An order has no field {', '.join(sorted(unknown))}.")
        instrument, shard = self.instrument(symbol)
        self._counter += 1
        client_order_id = LANE << 48 | self._counter
        builder = flatbuffers.Builder(256)
        CommandFrame.StartCommandsVector(builder, 1)
        Command.CreateCommand(
            builder, client_order_id, 0, 0, 0, 0, instrument, NO_PRICE if price is None else price, quantity,
            terms["display_quantity"], terms["trigger_price"], terms["min_quantity"],
            CommandKind.New, side, terms["order_type"], time_in_force,
            terms["self_trade"], terms["trigger"], terms["flags"],
        )
        commands = builder.EndVector()
        self._frame_number += 1
        CommandFrame.Start(builder)
        CommandFrame.AddNumber(builder, self._frame_number)
        CommandFrame.AddCommands(builder, commands)
        builder.Finish(CommandFrame.End(builder), b"TDC1")
        self._socket.send(bytes(builder.Output()))
        yield from self._reports(client_order_id, shard)

    def _reports(self, client_order_id, shard):
        """The events of one command: its first one carries the client order id, all of them the command's sequence."""
        command = None
        while True:
            frame = self._receive()
            if not ReportFrame.ReportFrame.ReportFrameBufferHasIdentifier(frame, 0):
                _raise_if_refused(frame)
                continue
            reports = ReportFrame.ReportFrame.GetRootAs(frame)
            for at in range(reports.EventsLength() if reports.Shard() == shard else 0):
                event = reports.Events(at)
                if command is None and event.ClientOrderId() == client_order_id:
                    command = event.CommandSequence()
                if event.CommandSequence() != command:
                    continue
                yield event
                if event.Bits() & EventBit.EndOfCommand:
                    return

    def _control(self, body_type, table):
        """Waits for a control message of one kind. Reports that come meanwhile are of other sessions of the account."""
        while True:
            frame = self._receive()
            if ControlFrame.ControlFrame.ControlFrameBufferHasIdentifier(frame, 0):
                _raise_if_refused(frame)
                message = ControlFrame.ControlFrame.GetRootAs(frame)
                if message.BodyType() == body_type:
                    return _body(message, table)

    def _receive(self):
        try:
            return self._socket.recv(timeout=ANSWER_SECONDS)
        except TimeoutError as error:
            raise TredyeError("TimedOut", f"{self._url} did not answer within {ANSWER_SECONDS} s.") from error
        except ConnectionClosed as error:
            raise TredyeError("Closed", f"{self._url} closed the connection: {error}.") from error


def read_key(path):
    """The key's number and its Ed25519 private key."""
    try:
        content = json.loads(Path(path).read_text())
        return content["keyId"], load_pem_private_key(content["privateKey"].encode(), None)
    except FileNotFoundError as error:
        sentence = f"There is no key file {path}: the platform's first start leaves admin-key.json in its data directory."
        raise TredyeError("BadKey", sentence) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TredyeError("BadKey", f"The key file {path} needs a number keyId and a PEM text privateKey.") from error


def _terms_bytes(key_id):
    """What the signature covers, by its hash: version, key, lane, level Disk (0, the default), heartbeat."""
    builder = flatbuffers.Builder(64)
    LogonTerms.Start(builder)
    LogonTerms.AddVersion(builder, VERSION)
    LogonTerms.AddKeyId(builder, key_id)
    LogonTerms.AddLane(builder, LANE)
    LogonTerms.AddHeartbeatSeconds(builder, HEARTBEAT_SECONDS)
    builder.Finish(LogonTerms.End(builder))
    return bytes(builder.Output())


def _logon_frame(terms, signature):
    builder = flatbuffers.Builder(512)
    terms_at, signature_at = builder.CreateByteVector(terms), builder.CreateByteVector(signature)
    Logon.Start(builder)
    Logon.AddTerms(builder, terms_at)
    Logon.AddSignature(builder, signature_at)
    return _control_frame(builder, ControlBody.Logon, Logon.End(builder))


def _control_frame(builder, body_type, body):
    ControlFrame.Start(builder)
    ControlFrame.AddBodyType(builder, body_type)
    ControlFrame.AddBody(builder, body)
    builder.Finish(ControlFrame.End(builder), b"TDX1")
    return bytes(builder.Output())


def _body(message, table):
    union = message.Body()
    body = table()
    body.Init(union.Bytes, union.Pos)
    return body


def _raise_if_refused(frame):
    """A frame or a request of ours that was not taken, or a logon that was refused, by the reason's name."""
    if not ControlFrame.ControlFrame.ControlFrameBufferHasIdentifier(frame, 0):
        return
    message = ControlFrame.ControlFrame.GetRootAs(frame)
    if message.BodyType() != ControlBody.Refused:
        return
    refused = _body(message, Refused.Refused)
    reason = name_of(Reason, refused.Reason())
    text = (refused.Text() or b"").decode()
    raise TredyeError(reason, f"The platform did not take it: {reason}{f' ({text})' if text else ''}.")
