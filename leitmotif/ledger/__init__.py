"""The ledger: small tables beside the cases. What was done, by whom, and how far training runs have come.

`open_ledger(url)` takes the database URL of the store; both live in the same SQLite file or PostgreSQL database.
"""

from leitmotif.ledger.ledger import Ledger, open_ledger

__all__ = ["Ledger", "open_ledger"]
