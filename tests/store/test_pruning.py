"""Frequent words are left out of a query only where there are very many cases."""

from __future__ import annotations

from leitmotif.store.pruning import worth_searching


def test_a_small_store_keeps_every_known_word() -> None:
    counts = {"the": 1_300, "gas": 300, "moon": 1}
    assert worth_searching(["the", "gas", "unknown", "moon"], counts, 1_321) == ["moon", "gas", "the", "unknown"]


def test_a_large_store_leaves_frequent_words_out() -> None:
    counts = {"the": 90_000, "of": 80_000, "gas": 9_000, "freeze": 400, "moon": 10}
    assert worth_searching(list(counts), counts, 100_000) == ["moon", "freeze", "gas"]
    assert worth_searching(list(counts), counts, 20_000_000) == ["moon", "freeze", "gas", "of", "the"]


def test_three_words_stay_however_frequent() -> None:
    counts = {"the": 90_000, "of": 80_000, "and": 70_000, "in": 60_000}
    assert worth_searching(list(counts), counts, 100_000) == ["in", "and", "of"]
    assert worth_searching(["the"], counts, 100_000) == ["the"]


def test_a_word_in_two_spellings_counts_twice() -> None:
    assert worth_searching(["cafe", "cafe"], {"cafe": 3}, 10) == ["cafe", "cafe"]


def test_no_more_than_sixty_four_words() -> None:
    counts = {f"word{i:03}": i + 1 for i in range(200)}
    assert worth_searching(list(counts), counts, 300) == [f"word{i:03}" for i in range(64)]
