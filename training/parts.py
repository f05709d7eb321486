"""Writes parts of a model to disk and reads them back: dataclasses, records, arrays and scikit-learn estimators.

What a training run carries from stage to stage goes through here, whatever it is made of. Plain values are JSON, arrays
are numpy files, estimators are read with the same list of allowed classes as published models. Nothing else is read.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from pydantic import BaseModel
from sklearn.base import BaseEstimator

from leitmotif.classifier import loading

_TREE = "tree.json"
_ARRAYS = "arrays.npz"
_ESTIMATORS = "estimators.joblib"
_OWN_PACKAGES = ("leitmotif", "training")


def write_parts(folder: Path, value: object) -> None:
    """Write a value into a folder that exists.

    Raises:
        TypeError: something in it is of a kind that cannot be written.
    """
    writer = _Writer()
    tree = writer.tree(value)
    np.savez(folder / _ARRAYS, allow_pickle=False, **writer.arrays)
    joblib.dump(writer.estimators, folder / _ESTIMATORS)
    (folder / _TREE).write_text(json.dumps(tree, ensure_ascii=False), encoding="utf-8")


def read_parts(folder: Path) -> Any:
    """The value that was written into a folder.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is not whole.
        ModelCorrupt: its estimators hold what no model holds.
    """
    tree = json.loads((folder / _TREE).read_text(encoding="utf-8"))
    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        reader = _Reader(dict(arrays), loading._unpickle(folder / _ESTIMATORS))
    return reader.value(tree)


class _Writer:
    """Turns a value into a JSON tree that points to arrays and estimators."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        self.estimators: dict[str, BaseEstimator] = {}

    def tree(self, value: object) -> Any:
        if isinstance(value, Enum):
            return {"enum": _name(type(value)), "value": value.value}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, list | tuple):
            return {type(value).__name__: [self.tree(entry) for entry in value]}
        if isinstance(value, Mapping):
            return {"dict": [[self.tree(key), self.tree(entry)] for key, entry in value.items()]}
        return self._object(value)

    def _object(self, value: object) -> Any:
        if isinstance(value, BaseModel):
            return {"record": _name(type(value)), "body": value.model_dump(mode="json", by_alias=True)}
        if is_dataclass(value):
            named = {field.name: self.tree(getattr(value, field.name)) for field in fields(value)}
            return {"dataclass": _name(type(value)), "fields": named}
        if isinstance(value, np.ndarray) and value.dtype != object:
            return {"array": _keep(self.arrays, value)}
        if isinstance(value, BaseEstimator):
            return {"estimator": _keep(self.estimators, value)}
        raise TypeError(f"A {type(value).__module__}.{type(value).__qualname__} cannot be kept between stages.")


class _Reader:
    """Builds the value of a tree."""

    def __init__(self, arrays: Mapping[str, Any], estimators: Mapping[str, Any]) -> None:
        self._arrays = arrays
        self._estimators = estimators

    def value(self, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        kind, body = next(iter(tree.items()))
        if kind in {"list", "tuple"}:
            entries = [self.value(entry) for entry in body]
            return entries if kind == "list" else tuple(entries)
        if kind == "dict":
            return {self.value(key): self.value(entry) for key, entry in body}
        if kind == "array":
            return self._arrays[body]
        if kind == "estimator":
            return self._estimators[body]
        return self._object(_class(body), tree)

    def _object(self, kind: type[Any], tree: dict[str, Any]) -> Any:
        if "enum" in tree and issubclass(kind, Enum):
            return kind(tree["value"])
        if "record" in tree and issubclass(kind, BaseModel):
            return kind.model_validate(tree["body"])
        if "dataclass" in tree and is_dataclass(kind):
            return kind(**{name: self.value(entry) for name, entry in tree["fields"].items()})
        raise ValueError(f"{kind} is nothing that was written here.")


def _keep(kept: dict[str, Any], value: object) -> str:
    name = f"part{len(kept)}"
    kept[name] = value
    return name


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    if module.split(".")[0] not in _OWN_PACKAGES:
        raise ValueError(f"{name} is no class of Leitmotif.")
    found: Any = import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        raise ValueError(f"{name} is no class.")
    return found


UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError, EOFError, pickle.UnpicklingError)
"""What reading a damaged folder may raise, beside `ModelCorrupt`."""
