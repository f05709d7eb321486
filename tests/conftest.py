"""Fixtures for every suite: a tiny, real encoder that costs milliseconds, and a real PostgreSQL with pgvector."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from tests.postgres import Server, postgres_server

# The first call of a test may load a model, and the machines are shared: time is no fault of an example.
settings.register_profile("leitmotif", deadline=None, database=None)
settings.load_profile("leitmotif")

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL, started when the first test asks for it."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """URL of an empty database in it, dropped after the test."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def tiny_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of two layers with seeded random weights and the corpus's words as vocabulary."""
    return build_encoder(_words(), tmp_path_factory)


def build_encoder(words: list[str], tmp_path_factory: pytest.TempPathFactory, spread: float = 1.0) -> Path:
    """A tiny encoder that knows these words; with `spread`, what they are outweighs where they stand."""
    base = tmp_path_factory.mktemp("tiny-bert")
    tokenizer = _tokenizer(words)
    tokenizer.save_pretrained(base)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(7)
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=130,
        )
        model = BertModel(config)
        model.embeddings.word_embeddings.weight.mul_(spread)
        model.save_pretrained(base)
    folder = tmp_path_factory.mktemp("tiny-encoder")
    # A folder without modules.json gets mean pooling.
    SentenceTransformer(str(base), device="cpu", local_files_only=True).save(str(folder))
    return folder


def _tokenizer(vocabulary: list[str]) -> PreTrainedTokenizerFast:
    words = {token: index for index, token in enumerate((*_SPECIAL, *vocabulary))}
    backend = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", words["[CLS]"]), ("[SEP]", words["[SEP]"])]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), _SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=128, **names)


def _words() -> list[str]:
    """Letters, so that every word has pieces, and the words of the codebook."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)] + list("0123456789.,;:!?'\"-()")
    text = (_DATA / "narratives.yaml").read_text(encoding="utf-8").lower()
    common = sorted(set(re.findall(r"[a-z]{2,}", text)))
    return [*letters, *(f"##{letter}" for letter in letters), *common]
