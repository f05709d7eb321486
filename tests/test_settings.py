"""Settings: defaults that are safe, environment that is read, values that are checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from leitmotif.settings import Settings


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without a `.env` file, and an environment without settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LEITMOTIF_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults_serve_this_machine_alone() -> None:
    settings = Settings()
    assert not settings.serves_beyond_loopback
    assert settings.api_keys == ()
    assert not settings.allow_public_without_keys
    assert settings.database_url.startswith("sqlite:///")
    assert settings.codebook_path == Path("data/narratives.yaml")


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEITMOTIF_PORT", "9001")
    monkeypatch.setenv("LEITMOTIF_DATA_DIR", "/srv/data")
    monkeypatch.setenv("LEITMOTIF_API_KEYS", " one, two ,,")
    monkeypatch.setenv("LEITMOTIF_ENCODER_LANGUAGES", "en,ru")
    monkeypatch.setenv("LEITMOTIF_ENCODER_QUERY_PREFIX", "query: ")
    settings = Settings()
    assert settings.port == 9001
    assert settings.codebook_path == Path("/srv/data/narratives.yaml")
    assert settings.api_keys == ("one", "two")
    assert settings.encoder_languages == ("en", "ru")
    assert settings.encoder_query_prefix == "query: "


def test_a_file_is_read_and_the_environment_wins(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / ".env").write_text("LEITMOTIF_PORT=9001\nLEITMOTIF_HOST=0.0.0.0\nOTHER=1\nLEITMOTIF_API_KEYS=a,b\n")
    monkeypatch.setenv("LEITMOTIF_PORT", "9002")
    settings = Settings()
    assert (settings.port, settings.host, settings.api_keys) == (9002, "0.0.0.0", ("a", "b"))


@pytest.mark.parametrize(
    ("host", "beyond"),
    [("127.0.0.1", False), ("localhost", False), ("::1", False), ("0.0.0.0", True), ("10.0.0.1", True)],
)
def test_what_is_beyond_loopback(host: str, beyond: bool) -> None:
    assert Settings(host=host).serves_beyond_loopback == beyond


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "-1"),
        ("port", "65536"),
        ("port", "http"),
        ("max_text_characters", "0"),
        ("max_batch", "0"),
        ("encoder_precision", "float8"),
        ("encoder_threads", "-1"),
        ("model_poll_seconds", "0"),
        ("log_level", "loud"),
        ("allow_public_without_keys", "perhaps"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LEITMOTIF_{name.upper()}", value)
    with pytest.raises(ValidationError, match=name):
        Settings()


def test_settings_do_not_change() -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]
