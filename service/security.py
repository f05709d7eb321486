"""Who may call: API keys, and no serving beyond this machine without them."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from leitmotif.errors import Unauthorised, UnsafeBinding
from leitmotif.settings import Settings
from service.errors import problem, problem_of, problem_response

OPEN_PATHS = frozenset({"/", "/livez", "/readyz", "/metrics", "/docs", "/openapi.json", "/favicon.ico"})
OPEN_PREFIX = "/static/"
ACTOR = "actor"
"""Where the scope's state keeps the name of whoever calls. Every key may do everything: all are editors."""
ANONYMOUS = "anonymous"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_binding(settings: Settings) -> None:
    """Refuse to serve the network without keys, unless that is asked for by name.

    Raises:
        UnsafeBinding: the host is not loopback, no key is set and nobody allowed it.
    """
    if settings.serves_beyond_loopback and not settings.api_keys and not settings.allow_public_without_keys:
        raise UnsafeBinding(
            f"Serving on {settings.host} lets everybody on the network change cases: set LEITMOTIF_API_KEYS, "
            "or LEITMOTIF_ALLOW_PUBLIC_WITHOUT_KEYS=true behind your own access control."
        )


class RequireKey:
    """ASGI middleware in front of everything but `OPEN_PATHS`: it answers before a body is read.

    Without keys, it still turns away what web pages of other sites send from a user's browser.
    """

    def __init__(self, app: ASGIApp, keys: Sequence[str]) -> None:
        self._app = app
        self._keys = [(key.encode(), name) for key, name in map(named_key, keys)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_PREFIX):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = self._name_of(_sent_key(headers))
        if self._keys and name is None:
            error = Unauthorised("A valid API key is needed: send `Authorization: Bearer KEY` or `X-API-Key: KEY`.")
            await problem_response(problem_of(error, scope["path"]))(scope, receive, send)
        elif not self._keys and scope["method"] not in _SAFE_METHODS and headers.get("sec-fetch-site") == "cross-site":
            body = problem(403, "forbidden", "Pages of other sites may not write here.", instance=scope["path"])
            await problem_response(body)(scope, receive, send)
        else:
            scope.setdefault("state", {})[ACTOR] = name or ANONYMOUS
            await self._app(scope, receive, send)

    def _name_of(self, sent: str) -> str | None:
        """The name of the key that was sent. Compares with every key in constant time, so that timing tells nothing."""
        found = [name for key, name in self._keys if hmac.compare_digest(sent.encode("latin-1"), key)]
        return found[0] if found else None


def named_key(setting: str) -> tuple[str, str]:
    """Key and name of an entry of `api_keys`, `NAME:KEY` or `KEY`; one without a name is called by its fingerprint."""
    name, colon, key = setting.partition(":")
    if colon and key and _NAME.fullmatch(name):
        return key, name
    return setting, f"key-{hashlib.sha256(setting.encode()).hexdigest()[:8]}"


def _sent_key(headers: Headers) -> str:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _document_keys(
    bearer: Annotated[object, Depends(HTTPBearer(auto_error=False, description="An API key."))],
    header: Annotated[object, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> None:
    """Puts both ways to send a key into /docs; `RequireKey` does the work."""


documented_keys = Depends(_document_keys)
