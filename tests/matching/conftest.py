"""A matcher on a real database, with the tiny encoder and weights that let words decide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leitmotif.domain import Appearance, Case
from leitmotif.encoder import SentenceEncoder
from leitmotif.library import Library
from leitmotif.matching import FEATURES, ClaimMatcher, MatchWeights
from leitmotif.store import Store, open_store

BEES = Case(
    id="bees",
    title="Trained bees spy on Russian soldiers in Vilnius",
    summary="Lithuania bred 300 bees that spy on soldiers.",
    url="https://www.example.org/bees/",
    date="2023-05-10",
    countries=("LT",),
    appearances=(Appearance(url="https://rt.example/bienen", title="Spionbienen über Vilnius"),),
)
MOON = Case(id="moon", title="The moon is an American base", summary="NASA dug 40 tunnels there.", countries=("US",))
CHEESE = Case(id="cheese", title="Poland builds a wall of cheese", countries=("PL", "US"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/cases.db")
    yield opened
    opened.close()


@pytest.fixture
def encoder(tiny_encoder_folder: Path) -> SentenceEncoder:
    return SentenceEncoder(tiny_encoder_folder, "tiny")


@pytest.fixture
def library(store: Store, encoder: SentenceEncoder) -> Library:
    library = Library(store, encoder)
    library.put([BEES, MOON, CHEESE])
    return library


@pytest.fixture
def matcher(library: Library, encoder: SentenceEncoder) -> ClaimMatcher:
    wanted = {"query_coverage": 12.0, "number_conflict": -4.0, "negation_conflict": -4.0}
    weights = MatchWeights(
        coefficients=tuple(wanted.get(name, 0.0) for name in FEATURES),
        intercept=-7.0,
        match_threshold=0.9,
        possible_threshold=0.4,
    )
    return ClaimMatcher(library.store, encoder, weights)
