"""Logs on, places one order and prints its reports: first_order.py [KEY_FILE [URL]]"""
import sys
from tredye_session import Session, TredyeError, name_of
from tredye.EventKind import EventKind
from tredye.Reason import Reason
from tredye.Side import Side

try:
    with Session(*sys.argv[1:]) as session:
        print("logged on as account", session.account)
        for report in session.place("ACME", Side.Buy, price=100, quantity=5):
            kind, why = name_of(EventKind, report.Kind()), name_of(Reason, report.Reason())
            print(kind, report.Quantity(), "@", report.Price(), "" if why == "None" else why)
except TredyeError as error:
    sys.exit(f"{error} [{error.code}]")
