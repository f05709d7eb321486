"""Scores the rows of a batch. One that cannot be analysed becomes an error in its result, whatever is wrong with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from leitmotif.bulk.results import Result, error_of, result_of
from leitmotif.bulk.rows import Row
from leitmotif.errors import InputError, LeitmotifError

if TYPE_CHECKING:
    # It brings the encoder, which a worker that waits does without.
    from leitmotif.analysis import Analyser

logger = logging.getLogger(__name__)

Check = Callable[[], None]


def score_rows(rows: Sequence[Row], analyser: Analyser, version: str, check: Check) -> list[Result]:
    """The result of each row, in their order.

    Args:
        check: called before each row; raises to stop.

    Raises:
        ModelError: the model cannot be used.
        StoreError: the database does not answer.
        LeitmotifError: not one of several articles could be analysed. None of these is the fault of a row.
    """
    results, failures = [], 0
    for row in rows:
        check()
        try:
            results.append(_score(row, analyser, version))
        except LeitmotifError:
            raise
        except Exception as error:
            logger.exception("row %d cannot be analysed", row.number)
            failures += 1
            results.append(error_of(row, version, f"It could not be analysed: {type(error).__name__}."))
    if failures == sum(not row.error for row in rows) > 1:
        raise LeitmotifError("Not one article of a batch could be analysed; the log of the worker says why.")
    return results


def _score(row: Row, analyser: Analyser, version: str) -> Result:
    if row.error:
        return error_of(row, version, row.error)
    try:
        return result_of(row, analyser.classify(row.article, neighbours=0))
    except InputError as error:
        return error_of(row, version, str(error))
