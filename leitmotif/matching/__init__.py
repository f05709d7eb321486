"""Claim matching: which known case answers this claim, and with what probability.

Candidates come from words and meaning together. Each is then looked at closely, and a logistic regression on two dozen
features that a reader can name says how probable it is that the case answers the claim.
"""

from leitmotif.matching.duplicates import Duplicate, Duplicates, find_duplicates
from leitmotif.matching.features import FEATURES
from leitmotif.matching.finder import CandidateFinder, Candidates
from leitmotif.matching.matcher import ClaimMatcher, MatchResult, Ranked
from leitmotif.matching.weights import MatchWeights, probabilities

__all__ = [
    "FEATURES",
    "CandidateFinder",
    "Candidates",
    "ClaimMatcher",
    "Duplicate",
    "Duplicates",
    "MatchResult",
    "MatchWeights",
    "Ranked",
    "find_duplicates",
    "probabilities",
]
