"""The page at `/`."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

_HERE = Path(__file__).parent

router = APIRouter(include_in_schema=False)
static_files = StaticFiles(directory=_HERE / "static")
_templates = Jinja2Templates(directory=_HERE / "templates")


@router.get("/", response_class=HTMLResponse)
def index(request: Request) -> HTMLResponse:
    """The page on which people try things out."""
    return _templates.TemplateResponse(request, "index.html")
