"""Every setting in one class, read from `LEITMOTIF_…` environment variables or a `.env` file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BUNDLED_ENCODER = "all-MiniLM-L6-v2"


class Settings(BaseSettings):
    """All settings, with defaults that serve one newsroom on one machine."""

    model_config = SettingsConfigDict(env_prefix="LEITMOTIF_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite:///data/leitmotif.db",
        description="Where cases live: `sqlite:///FILE`, or `postgresql://…` when one machine is outgrown.",
    )
    database_connections: int = Field(
        10, ge=1, description="Most connections of one process to PostgreSQL; its worker processes have their own."
    )
    exact_search_up_to: int = Field(
        20_000,
        ge=0,
        description="PostgreSQL compares the vectors of up to this many cases one by one; beyond, it asks an index.",
    )
    data_dir: Path = Field(Path("data"), description="Folder with the codebook and the corpus.")
    models_dir: Path = Field(
        Path("models"), description="Folder of model versions; `CURRENT` in it names the live one."
    )
    host: str = Field("127.0.0.1", description="Address to serve on. Another than loopback needs `API_KEYS`.")
    port: int = Field(8000, ge=0, le=65535, description="Port to serve on; 0 takes a free one.")
    api_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Comma-separated keys, `KEY` or `NAME:KEY`. With any set, every `/v1` call needs one "
        "(`Authorization: Bearer KEY`); the name stands in the audit log.",
    )
    allow_public_without_keys: bool = Field(
        False, description="Serve beyond loopback although no key is set. Only behind your own access control."
    )
    encoder: str = Field(
        BUNDLED_ENCODER,
        description="The bundled encoder's name, or the folder of any sentence-transformers model.",
    )
    encoder_languages: Annotated[tuple[str, ...], NoDecode] = Field(
        ("en",), description="Comma-separated ISO 639-1 codes of the languages that the encoder covers; `*` for all."
    )
    encoder_query_prefix: str = Field("", description="Put before queries, e.g. `query: ` for E5 models.")
    encoder_passage_prefix: str = Field("", description="Put before passages, e.g. `passage: ` for E5 models.")
    encoder_precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Arithmetic of the encoder; `auto` takes bfloat16 where the processor has it."
    )
    encoder_threads: int = Field(0, ge=0, description="Threads of the encoder; 0 leaves the choice to torch.")
    max_text_characters: int = Field(200_000, ge=1, description="Longest text to classify; a longer one gets 413.")
    max_claim_characters: int = Field(10_000, ge=1, description="Longest claim to check.")
    max_batch: int = Field(100, ge=1, description="Most articles or claims in one batch call.")
    max_body_bytes: int = Field(50_000_000, ge=1, description="Largest request body, imports included.")
    max_import_rows: int = Field(200_000, ge=1, description="Most rows in one import.")
    max_concurrent_analyses: int = Field(2, ge=1, description="Analyses that run at once; others wait their turn.")
    max_queued_analyses: int = Field(
        64, ge=0, description="Analyses that may wait; one more gets 503 with Retry-After."
    )
    max_evidence_per_narrative: int = Field(5, ge=1, description="Most evidence sentences listed for one narrative.")
    model_poll_seconds: float = Field(2.0, gt=0, description="How often a replica looks for a new live model.")
    embedded_worker: bool = Field(
        True, description="Whether `leitmotif serve` runs the training worker itself; else start `leitmotif worker`."
    )
    gate_macro_f1_loss: float = Field(
        0.01, ge=0, le=1, description="How much macro-F1 on the hold-out a version may lose and still go live."
    )
    gate_narrative_f1_loss: float = Field(
        0.10, ge=0, le=1, description="How much F1 on the hold-out any one narrative may lose."
    )
    gate_narrative_texts: int = Field(
        15, ge=1, description="Held-out texts from which a narrative's own F1 counts in the gate."
    )
    gate_false_label_rise: float = Field(
        0.01, ge=0, le=1, description="Rise allowed in the share of neutral, and of refuting, texts that get a label."
    )
    keep_for_review: bool = Field(
        False, description="Whether every text that is classified joins the review queue. Else none is kept."
    )
    review_lease_minutes: float = Field(
        60.0, gt=0, description="How long a text of the review queue that was handed out comes to nobody else."
    )
    bulk_roots: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Comma-separated folders (`/data/bulk`, `s3://bucket/prefix`) whose files bulk runs over HTTP may "
        "read and write. Empty: none over HTTP.",
    )
    bulk_batch: int = Field(50, ge=1, le=10_000, description="Articles in one batch of a bulk run.")
    bulk_concurrency: int = Field(1, ge=1, description="Batches that one worker scores at once.")
    bulk_max_rows: int = Field(1_000_000, ge=1, description="Most rows of a file in a bulk run.")
    bulk_max_bytes: int = Field(10_000_000_000, ge=1, description="Largest file of a bulk run.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line written."
    )

    @field_validator("api_keys", "encoder_languages", "bulk_roots", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def codebook_path(self) -> Path:
        return self.data_dir / "narratives.yaml"

    @property
    def serves_beyond_loopback(self) -> bool:
        return self.host not in {"127.0.0.1", "localhost", "::1"}
