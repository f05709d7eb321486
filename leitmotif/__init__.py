"""Leitmotif finds recurring disinformation narratives in a text and puts debunked cases beside them."""

__version__ = "0.1.0"
