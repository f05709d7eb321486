"""A real browser on a real server, with the model double of the service's tests."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from leitmotif.settings import Settings
from service.main import create_app
from tests.service.conftest import build_with_doubles, live_version, settings

__all__ = ["live_version", "settings"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_START_SECONDS = 60

expect.set_options(timeout=15_000)

Open = Callable[..., Page]


# Of a module, not of the session: playwright keeps an event loop running in this thread, and others need their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; `CHROMIUM` names it where it has an unusual name."""
    program = next(filter(None, map(shutil.which, filter(None, (os.environ.get("CHROMIUM"), *_NAMES)))), None)
    if program is None:
        pytest.fail("Chromium is missing: install it, or name the program in CHROMIUM. `make test` sees to it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def address(settings: Settings, live_version: str) -> Iterator[Callable[..., str]]:
    """Starts a service on a free port of this machine and gives its address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(**changes: Any) -> str:
        app = create_app(settings.model_copy(update=changes), build=build_with_doubles)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        listening = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        running.append((server, thread))
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            assert time.monotonic() < deadline, "the service takes too long to start"
            time.sleep(0.02)
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def open_page(browser: Browser, address: Callable[..., str]) -> Iterator[Open]:
    """Opens the page of a new service. What the page logs as an error, or loads from elsewhere, fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def start(path: str = "", allowed: tuple[int, ...] = (), **changes: Any) -> Page:
        root = address(**changes)
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        expected = [f"status of {status}" for status in allowed]
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text)
                if message.type == "error" and not any(words in message.text for words in expected)
                else None
            ),
        )
        page.on("request", lambda request: faults.append(request.url) if not _is_own(request.url, root) else None)
        page.goto(root + path)
        return page

    yield start
    for context in contexts:
        context.close()
    assert faults == []


def _is_own(url: str, root: str) -> bool:
    return url.startswith((root, "data:", "blob:"))
