"""The parts of a running Leitmotif, put together once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leitmotif.analysis import Analyser
from leitmotif.codebook import load_codebook, read_version_codebook
from leitmotif.domain import Codebook
from leitmotif.encoder import Encoder, open_encoder
from leitmotif.ledger import Ledger, open_ledger
from leitmotif.ledger.narratives import CurrentCodebook
from leitmotif.library import Library
from leitmotif.live import LiveModel, LoadedVersion
from leitmotif.matching import ClaimMatcher
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from leitmotif.store.opening import open_settled_store
from leitmotif.store.protocol import Store
from leitmotif.text.language import LanguageDetector
from service.bulk.runs import BulkRuns
from service.bulk.workflows import enqueue_run
from service.jobs import TrainingRuns
from service.limits import AnalysisPool
from service.review_queue import ReviewQueue


@dataclass(frozen=True, slots=True)
class Foundations:
    """What a model version is loaded with. `codebook` is for versions that carry none."""

    registry: Registry
    store: Store
    encoder: Encoder
    codebook: Codebook


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that routes and commands work with."""

    settings: Settings
    codebooks: CurrentCodebook
    store: Store
    ledger: Ledger
    encoder: Encoder
    library: Library
    registry: Registry
    live: LiveModel
    analyser: Analyser
    pool: AnalysisPool
    runs: TrainingRuns
    review: ReviewQueue
    bulk: BulkRuns

    @property
    def codebook(self) -> Codebook:
        """The codebook in force, read anew: another replica may have changed it."""
        return self.codebooks.read()

    def close(self) -> None:
        """Finish the analyses under way and close the database."""
        self.pool.close()
        self.store.close()
        self.ledger.close()


LoadVersion = Callable[[Foundations, str], LoadedVersion]


def load_version(base: Foundations, version: str) -> LoadedVersion:
    """A model version from disk: the classifier, and the claim matcher with the weights that come with it."""
    from leitmotif.classifier.loading import load_match_weights, load_model

    model = load_model(base.registry, version, base.encoder)
    weights = load_match_weights(base.registry, version)
    codebook = read_version_codebook(base.registry.folder(version)) or base.codebook
    return LoadedVersion(model, ClaimMatcher(base.store, base.encoder, weights), codebook)


def build_parts(settings: Settings, *, load: LoadVersion = load_version) -> Parts:
    """Open and connect everything; nothing is encoded and no model is loaded yet.

    Raises:
        LeitmotifError: the codebook, the encoder or the database cannot be used.
    """
    codebook = load_codebook(settings.codebook_path)
    encoder = open_encoder(settings)
    store = open_settled_store(settings)
    ledger = open_ledger(settings.database_url)
    library = Library(store, encoder)
    registry = Registry(settings.models_dir)
    base = Foundations(registry, store, encoder, codebook)
    live = LiveModel(registry, lambda version: load(base, version))
    analyser = Analyser(live, library, LanguageDetector(settings.encoder_languages), settings, ledger.feedback)
    codebooks = CurrentCodebook(codebook, ledger.narratives)
    return Parts(
        settings=settings,
        codebooks=codebooks,
        store=store,
        ledger=ledger,
        encoder=encoder,
        library=library,
        registry=registry,
        live=live,
        analyser=analyser,
        pool=AnalysisPool(settings.max_concurrent_analyses, settings.max_queued_analyses),
        runs=TrainingRuns(ledger, settings),
        review=ReviewQueue(ledger, library, analyser, codebooks, settings),
        bulk=BulkRuns(ledger, settings, registry, enqueue_run),
    )
