"""The `Store` seam: where cases, their vectors and the record of training runs are kept.

`open_store(url)` picks the implementation by the database URL alone. One contract suite runs over all of them.
"""

from leitmotif.store.opening import open_store
from leitmotif.store.protocol import CaseVectors, Hit, RunRecord, Store, StoreFacts

__all__ = ["CaseVectors", "Hit", "RunRecord", "Store", "StoreFacts", "open_store"]
