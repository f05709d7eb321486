"""The `Store` seam: where cases and their vectors are kept.

`open_store(url)` picks the implementation by the database URL alone. One contract suite runs over all of them.
"""

from leitmotif.store.opening import open_store
from leitmotif.store.protocol import CaseVectors, Hit, Store, StoreFacts

__all__ = ["CaseVectors", "Hit", "Store", "StoreFacts", "open_store"]
