"""The review queue at work: takes texts in, ranks what waits, hands it out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leitmotif.analysis import Analyser, Examined
from leitmotif.domain import Article, CaseFilter
from leitmotif.ledger import Ledger
from leitmotif.ledger.clock import now
from leitmotif.ledger.narratives import CurrentCodebook
from leitmotif.ledger.review_items import ItemScore, ReviewItem, WaitingItem
from leitmotif.library import Library
from leitmotif.review import Candidates, Ranked, Strategy, rank
from leitmotif.settings import Settings

POOL = 2000
"""Newest waiting texts that are ranked at a time: about a second's work."""

_TRIES = 3
"""Rounds in which others may take the items first."""

_RANKED_FOR_OTHERS = 3
"""How many times the wanted items are ranked, for those that others take first."""


class ReviewQueue:
    """Texts that wait for labels, and which to label next."""

    def __init__(
        self, ledger: Ledger, library: Library, analyser: Analyser, codebooks: CurrentCodebook, settings: Settings
    ) -> None:
        self._ledger = ledger
        self._library = library
        self._analyser = analyser
        self._codebooks = codebooks
        self._settings = settings

    def examine(self, article: Article, who: str) -> WaitingItem:
        """A text as an item for `put`.

        Raises:
            TextEmpty, TextTooLong, NoLiveModel: as `Analyser.classify` does.
        """
        return self.waiting_item(article, self._analyser.examine(article, neighbours=1), who)

    def waiting_item(self, article: Article, examined: Examined, who: str) -> WaitingItem:
        """An analysed text as an item."""
        found = examined.analysis
        scores = tuple(
            ItemScore(s.narrative, s.probability, s.threshold, s.assigned, s.stance or "") for s in found.scores
        )
        nearest = self._library.nearest(examined.vector, CaseFilter(), limit=1)
        item = ReviewItem(
            text=article.text,
            created=now(),
            who=who,
            version=found.model_version,
            outcome=found.outcome,
            scores=scores,
            known=nearest[0].similarity if nearest else -1.0,
            title=article.title,
            url=article.url,
            parts=examined.parts,
            language=found.language.code if len(found.language.code) == 2 else "",
        )
        return WaitingItem(item, examined.vector)

    def put(self, items: Sequence[WaitingItem]) -> list[str]:
        """Store items, all or none; the ids of those that are new."""
        return self._ledger.review.put(items, self._library.encoder_name)

    def next(
        self, limit: int, *, strategy: Strategy = Strategy.BLEND, lease: bool = True
    ) -> list[tuple[ReviewItem, Ranked]]:
        """What to label next, best first; with `lease` nobody else gets it for a while."""
        got: list[tuple[ReviewItem, Ranked]] = []
        for _ in range(_TRIES):
            wanted = limit - len(got)
            ranked = self._ranked(wanted * _RANKED_FOR_OTHERS if lease else wanted, strategy)
            if not lease:
                return ranked
            got += self._leased(ranked, wanted)
            if len(got) >= limit or len(ranked) < wanted:
                break
        return got

    @property
    def lease_seconds(self) -> float:
        return self._settings.review_lease_minutes * 60

    def rescore(self, *, limit: int) -> int:
        """Have the live model look again at waiting texts that an older version saw; how many there were."""
        version = self._analyser.version
        outdated = self._ledger.review.outdated(version, limit=limit)
        for item in outdated:
            article = Article(item.text, item.title, item.url, item.language)
            self.put([self.examine(article, item.who)])
        return len(outdated)

    def _leased(self, ranked: Sequence[tuple[ReviewItem, Ranked]], wanted: int) -> list[tuple[ReviewItem, Ranked]]:
        got: list[tuple[ReviewItem, Ranked]] = []
        for item, place in ranked:
            if len(got) < wanted and self._ledger.review.lease([item.id], seconds=self.lease_seconds):
                got.append((item, place))
        return got

    def _ranked(self, limit: int, strategy: Strategy) -> list[tuple[ReviewItem, Ranked]]:
        encoder = self._library.encoder_name
        waiting = self._ledger.review.waiting(encoder, limit=POOL)
        if not waiting:
            return []
        narratives = self._codebooks.read().ids
        taken = self._ledger.review.taken(encoder)
        counted = self._library.store.facets(CaseFilter())["narrative"]
        counts = np.array([counted.get(narrative, 0) for narrative in narratives], np.int64)
        places = rank(candidates(waiting, narratives), taken, counts, limit, strategy=strategy)
        return [(waiting[place.place].item, place) for place in places]


def candidates(waiting: Sequence[WaitingItem], narratives: Sequence[str]) -> Candidates:
    """Scores in the codebook's order; a narrative that a version did not know has probability 0.

    Parts count where all texts have the same: those of other versions may be others.
    """
    probabilities = np.zeros((len(waiting), len(narratives)))
    thresholds = np.full_like(probabilities, 0.5)
    column = {narrative: i for i, narrative in enumerate(narratives)}
    for row, entry in enumerate(waiting):
        for score in entry.item.scores:
            if score.narrative in column:
                probabilities[row, column[score.narrative]] = score.probability
                thresholds[row, column[score.narrative]] = score.threshold
    vectors: NDArray[np.float32] = np.stack([entry.vector for entry in waiting])
    known = np.array([entry.item.known for entry in waiting])
    return Candidates(probabilities, thresholds, vectors, _parts(waiting, narratives), known)


def _parts(waiting: Sequence[WaitingItem], narratives: Sequence[str]) -> NDArray[np.float64] | None:
    """Shape (P, n, L), or None where texts lack parts or have different ones."""
    names = sorted(waiting[0].item.parts)
    if len(names) < 2 or any(sorted(entry.item.parts) != names for entry in waiting):
        return None
    said = [[[e.item.parts[name].get(n, 0.0) for n in narratives] for e in waiting] for name in names]
    return np.array(said)
