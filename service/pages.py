"""The page at `/` and the API reference at `/docs`. Both work offline: everything they load comes from this service."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.types import Scope

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Swagger UI writes style elements while it runs.
_DOCS_HEADERS = _HEADERS | {
    "Content-Security-Policy": _HEADERS["Content-Security-Policy"].replace(
        "style-src 'self'", "style-src 'self' 'unsafe-inline'"
    )
}


class CheckedFiles(StaticFiles):
    """Files that a browser asks for anew (answered with 304 where unchanged), so that an update shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


router = APIRouter(include_in_schema=False)
static_files = CheckedFiles(directory=_HERE / "static")
swagger_files = CheckedFiles(packages=[("fastapi_offline", "static")])
_templates = Jinja2Templates(directory=_HERE / "templates")


@router.get("/", response_class=HTMLResponse)
def index(request: Request) -> HTMLResponse:
    """The page on which people try things out."""
    return _templates.TemplateResponse(request, "index.html", {"version": version("leitmotif")}, headers=_HEADERS)


@router.get("/docs", response_class=HTMLResponse)
def docs(request: Request) -> HTMLResponse:
    """The API reference, drawn by Swagger UI from `/openapi.json`."""
    return _templates.TemplateResponse(request, "docs.html", headers=_DOCS_HEADERS)
