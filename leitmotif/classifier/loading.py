"""Reads a trained model from its version folder, checked before anything of it is unpickled."""

from __future__ import annotations

import json
import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from joblib.numpy_pickle import NumpyUnpickler
from pydantic import ValidationError

from leitmotif.classifier.branch import load_branch
from leitmotif.classifier.fusion import Fusion
from leitmotif.classifier.heads import Heads
from leitmotif.classifier.network import Network
from leitmotif.classifier.pooling import Pooling
from leitmotif.classifier.reading import Reading
from leitmotif.classifier.scorer import Parameters, TrainedModel
from leitmotif.encoder import Encoder, SentenceEncoder
from leitmotif.errors import ModelCorrupt, ModelIncompatible
from leitmotif.matching import FEATURES, MatchWeights
from leitmotif.registry import Manifest, Registry

HEADS_FILE = "heads.joblib"
ARRAYS_FILE = "arrays.npz"
PARAMETERS_FILE = "parameters.json"
MATCHING_FILE = "matching.json"
BRANCH_FILE = "branch.safetensors"
NETWORK_ARRAYS = tuple(field.name for field in fields(Network))

_ALLOWED = frozenset(
    {
        ("sklearn.linear_model._logistic", "LogisticRegression"),
        ("sklearn.feature_extraction.text", "TfidfVectorizer"),
        ("sklearn.feature_extraction.text", "TfidfTransformer"),
        ("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy", "float32"),
        ("numpy", "float64"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("scipy.sparse._csr", "csr_matrix"),
        ("scipy.sparse._dia", "dia_matrix"),
        ("builtins", "slice"),
    }
)


class _SafeUnpickler(NumpyUnpickler):  # type: ignore[misc]
    """Reads joblib files that hold nothing but the scikit-learn objects a model is made of."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise ModelCorrupt(f"The model file asks for {module}.{name}, which no model needs: it is not ours.")
        return super().find_class(module, name)


def load_model(registry: Registry, version: str, encoder: Encoder) -> TrainedModel:
    """The trained model of a version.

    Raises:
        ModelNotFound: there is no such version.
        ModelCorrupt: a file of it is not what was published, or holds what a model never holds.
        ModelIncompatible: it was made for another encoder or by another scikit-learn.
    """
    manifest = registry.verify(version)
    _check_compatible(manifest, encoder)
    folder = registry.folder(version)
    parts = _unpickle(folder / HEADS_FILE)
    with np.load(folder / ARRAYS_FILE, allow_pickle=False) as arrays:
        heads = Heads(
            vectorisers=tuple(parts["vectorisers"]),
            network=Network(**{name: arrays[name] for name in NETWORK_ARRAYS}),
            narrative_by_words=tuple(parts["narrative_by_words"]),
            stance_by_words=tuple(parts["stance_by_words"]),
            definitions=arrays["definitions"],
            columns=arrays["columns"],
        )
        pooling = Pooling(parts["pooling"], arrays["scale"], arrays["offset"])
        thresholds = arrays["thresholds"]
    numbers = json.loads((folder / PARAMETERS_FILE).read_text(encoding="utf-8"))
    parameters = Parameters(
        version=version,
        labels=tuple(manifest.labels),
        thresholds=thresholds,
        unsure_margin=numbers["unsure_margin"],
        evidence_threshold=numbers["evidence_threshold"],
    )
    fusion = Fusion(parts["carry"], parts["carry_tuned"], parts["stance"], heads.columns >= 0)
    reading = Reading(parts["evidence"], parts["reading_stance"])
    if isinstance(encoder, SentenceEncoder):
        encoder = encoder.with_branch(load_branch(folder / BRANCH_FILE, encoder))
    if fusion.known.any() and not encoder.tuned_width:
        raise ModelIncompatible(f"Model {version} needs its tuned branch, which encoder {encoder.name} does not carry.")
    return TrainedModel(parameters, heads, fusion, pooling, reading, encoder)


def load_match_weights(registry: Registry, version: str) -> MatchWeights:
    """The claim matcher's numbers of a version."""
    path = registry.folder(version) / MATCHING_FILE
    try:
        weights = MatchWeights.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelCorrupt(f"{path} cannot be read ({error}): delete the version and train again.") from error
    if len(weights.coefficients) != len(FEATURES):
        raise ModelIncompatible(f"{path} has {len(weights.coefficients)} weights, not {len(FEATURES)}: train again.")
    return weights


def _check_compatible(manifest: Manifest, encoder: Encoder) -> None:
    if manifest.encoder != encoder.name:
        raise ModelIncompatible(
            f"Model {manifest.version} was trained with encoder {manifest.encoder}, this is {encoder.name}: "
            "set LEITMOTIF_ENCODER back, or train again."
        )
    made_by = manifest.libraries.get("scikit-learn", "?")
    if made_by.split(".")[:2] != sklearn.__version__.split(".")[:2]:
        raise ModelIncompatible(
            f"Model {manifest.version} was made by scikit-learn {made_by}, this is {sklearn.__version__}: train again."
        )


def _unpickle(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            parts = _SafeUnpickler(str(path), file, ensure_native_byte_order=True).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError, TypeError, KeyError) as error:
        raise ModelCorrupt(f"{path} cannot be read ({error}): delete the version and train again.") from error
    if not isinstance(parts, dict):
        raise ModelCorrupt(f"{path} does not hold the parts of a model.")
    return parts
