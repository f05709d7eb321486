"""What to label next: pure functions on arrays. n texts, L narratives, P parts of a model, d dimensions."""

from leitmotif.review.ranking import Candidates, Ranked, Strategy, Weights, rank

__all__ = ["Candidates", "Ranked", "Strategy", "Weights", "rank"]
