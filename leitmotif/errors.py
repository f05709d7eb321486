"""Everything that Leitmotif refuses to do, in one tree.

LeitmotifError
├── InputError                what the caller sent cannot be used; `problems` names each field or row
│   ├── TextEmpty
│   ├── TextTooLong
│   ├── TooMany
│   ├── InvalidRecord
│   ├── ImportRefused
│   ├── UnsupportedFormat
│   └── InvalidCursor
├── NotFound
│   ├── CaseNotFound
│   ├── NarrativeNotFound
│   ├── ModelNotFound
│   ├── RunNotFound
│   ├── FeedbackNotFound
│   └── ItemNotFound
├── Conflict
│   ├── CaseExists
│   ├── CaseChanged
│   ├── OtherCases
│   ├── FeedbackExists
│   ├── NarrativeInUse
│   ├── RunInProgress
│   ├── RunCancelled
│   └── OutputExists
├── Unauthorised
├── Busy
├── ConfigurationError
│   ├── CodebookInvalid
│   └── UnsafeBinding
├── ModelError
│   ├── NoLiveModel
│   ├── ModelCorrupt
│   ├── ModelIncompatible
│   ├── EncoderUnavailable
│   └── NotEnoughData
├── StorageError
└── StoreError
    ├── StoreUnavailable
    │   └── DatabaseFull
    ├── SchemaTooNew
    └── CopyDiffers

Messages say what is wrong and how to mend it. Nothing here knows about HTTP: `service/errors.py` holds the
one table that maps classes to responses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was sent: `where` is a field (`claim`) or a row (`row 12, date`)."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class LeitmotifError(Exception):
    """Any error that Leitmotif raises on purpose."""


class InputError(LeitmotifError):
    """What the caller sent cannot be used."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class TextEmpty(InputError):
    """There is no text to analyse."""


class TextTooLong(InputError):
    """The text is longer than the limit in force."""


class TooMany(InputError):
    """More items than the limit in force."""


class InvalidRecord(InputError):
    """A case, article or other record breaks its schema."""


class ImportRefused(InputError):
    """Rows of an import are wrong, so none was imported."""


class UnsupportedFormat(InputError):
    """The file is of no format that can be read."""


class InvalidCursor(InputError):
    """The page cursor was not made by this service."""


class NotFound(LeitmotifError):
    """The thing that was named does not exist."""


class CaseNotFound(NotFound):
    """No case has this id."""


class NarrativeNotFound(NotFound):
    """No narrative of the codebook has this id."""


class ModelNotFound(NotFound):
    """No model version has this name."""


class RunNotFound(NotFound):
    """No training or bulk run has this id."""


class FeedbackNotFound(NotFound):
    """No feedback has this id."""


class ItemNotFound(NotFound):
    """No review item has this id."""


class Conflict(LeitmotifError):
    """The request contradicts what is there."""


class CaseExists(Conflict):
    """A case with this id is already stored."""


class CaseChanged(Conflict):
    """Somebody else changed a case while it was being written."""


class OtherCases(Conflict):
    """The database to copy into holds cases of its own."""


class FeedbackExists(Conflict):
    """Other feedback has this id."""


class RunInProgress(Conflict):
    """Another training run is under way."""


class NarrativeInUse(Conflict):
    """A narrative cannot be removed: it stands in the codebook's file, or cases have it."""


class RunCancelled(Conflict):
    """Somebody asked to cancel the run."""


class OutputExists(Conflict):
    """The results of a bulk run would replace a file that is there."""


class Unauthorised(LeitmotifError):
    """The API key is missing or wrong."""


class Busy(LeitmotifError):
    """As much work is under way and waiting as is allowed."""


class ConfigurationError(LeitmotifError):
    """A setting or a file of configuration is wrong."""


class CodebookInvalid(ConfigurationError):
    """`narratives.yaml` breaks its schema."""


class UnsafeBinding(ConfigurationError):
    """Serving beyond this machine without API keys was not asked for by name."""


class ModelError(LeitmotifError):
    """A model version or an encoder cannot be used."""


class NoLiveModel(ModelError):
    """No model version is live yet."""


class ModelCorrupt(ModelError):
    """A file of a model version is missing, changed or not what its manifest says."""


class ModelIncompatible(ModelError):
    """A model version was made by software or for an encoder that does not fit this one."""


class EncoderUnavailable(ModelError):
    """The encoder's files are missing or are not the expected ones."""


class NotEnoughData(ModelError):
    """There are too few labelled cases to train on."""


class StorageError(LeitmotifError):
    """A file of a model version or of a bulk run cannot be read or written."""


class StoreError(LeitmotifError):
    """The database cannot do what was asked."""


class StoreUnavailable(StoreError):
    """The database cannot be opened, or is full, locked or gone."""


class DatabaseFull(StoreUnavailable):
    """The disk of the database is full; nothing of what was asked is written."""


class SchemaTooNew(StoreError):
    """The database was written by a newer Leitmotif."""


class CopyDiffers(StoreError):
    """A copy of a database is not the same as what it was copied from."""
