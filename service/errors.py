"""Errors as RFC 9457 problems. `TABLE` is the one place that knows which error gives which status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from leitmotif import errors
from leitmotif.errors import InputError, LeitmotifError, Problem

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:leitmotif:problem:"
RETRY_SECONDS = 5

TABLE: Mapping[type[LeitmotifError], tuple[int, str]] = {
    errors.TextEmpty: (422, "text-empty"),
    errors.TextTooLong: (413, "text-too-long"),
    errors.TooMany: (413, "too-many"),
    errors.InvalidRecord: (422, "invalid-record"),
    errors.ImportRefused: (422, "import-refused"),
    errors.UnsupportedFormat: (415, "unsupported-format"),
    errors.InvalidCursor: (422, "invalid-cursor"),
    errors.InputError: (422, "invalid-request"),
    errors.NotFound: (404, "not-found"),
    errors.CaseExists: (409, "case-exists"),
    errors.FeedbackExists: (409, "feedback-exists"),
    errors.RunInProgress: (409, "run-in-progress"),
    errors.OutputExists: (409, "output-exists"),
    errors.Conflict: (409, "conflict"),
    errors.Unauthorised: (401, "unauthorised"),
    errors.Busy: (503, "busy"),
    errors.NoLiveModel: (503, "no-live-model"),
    errors.NotEnoughData: (409, "not-enough-data"),
    errors.ModelError: (503, "model-unusable"),
    errors.StorageError: (503, "storage-unavailable"),
    errors.StoreUnavailable: (503, "database-unavailable"),
    errors.DatabaseFull: (507, "disk-full"),
    errors.LeitmotifError: (500, "internal-error"),
}
"""Status and problem type of each class; a class that is not here takes those of its nearest ancestor."""

_BY_STATUS = {400: "bad-request", 401: "unauthorised", 403: "forbidden", 404: "not-found", 405: "method-not-allowed"}
_BY_STATUS |= {413: "too-large", 415: "unsupported-format", 422: "invalid-request", 500: "internal-error"}
_INPUT_PARTS = {"body", "query", "path", "header", "cookie"}


def status_of(error: LeitmotifError) -> tuple[int, str]:
    """Status and problem type of an error."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def problem(
    status: int, kind: str, detail: str, *, instance: str = "", faults: Sequence[Problem] = ()
) -> dict[str, Any]:
    """The members of a problem; `faults` become `errors`, each naming a field or row."""
    return {
        "type": f"{TYPE_PREFIX}{kind}",
        "title": kind.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": instance,
        "errors": [{"where": fault.where, "message": fault.message} for fault in faults],
    }


def problem_of(error: LeitmotifError, instance: str = "") -> dict[str, Any]:
    """An error of Leitmotif as a problem. Those that are the server's own fault keep their details to the log."""
    status, kind = status_of(error)
    faults = error.problems if isinstance(error, InputError) else ()
    detail = (
        str(error) if status != HTTPStatus.INTERNAL_SERVER_ERROR else "The service is not set up rightly; see its log."
    )
    return problem(status, kind, detail, instance=instance, faults=faults)


def problem_response(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem as a response, with the headers that its status asks for."""
    all_headers = dict(headers or {})
    if body["status"] == HTTPStatus.UNAUTHORIZED:
        all_headers["WWW-Authenticate"] = "Bearer"
    if body["status"] == HTTPStatus.SERVICE_UNAVAILABLE:
        all_headers["Retry-After"] = str(RETRY_SECONDS)
    return JSONResponse(dict(body), status_code=body["status"], headers=all_headers, media_type=MEDIA_TYPE)


def invalid(error: ValidationError) -> errors.InvalidRecord:
    """What pydantic found wrong, as an error that names every field."""
    faults = validation_faults(error.errors())
    return errors.InvalidRecord("; ".join(map(str, faults)), faults)


def validation_faults(entries: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Pydantic's entries as fields and messages."""
    return [Problem(_where(entry["loc"]), _message(entry)) for entry in entries]


def add_handlers(app: FastAPI) -> None:
    """Answer every error of the app with a problem."""
    app.add_exception_handler(LeitmotifError, _on_leitmotif_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_leitmotif_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LeitmotifError)
    return problem_response(problem_of(error, request.url.path))


async def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = validation_faults(error.errors())
    detail = "; ".join(map(str, faults))
    return problem_response(problem(422, "invalid-request", detail, instance=request.url.path, faults=faults))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code, "http-error")
    detail = _details(error.status_code, request) or str(error.detail)
    return problem_response(problem(error.status_code, kind, detail, instance=request.url.path), error.headers)


def _details(status: int, request: Request) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return f"There is nothing at {request.url.path}; /docs lists every call."
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.method} is no method of {request.url.path}; /docs lists every call."
    return ""


def _where(location: Sequence[int | str]) -> str:
    parts = location[1:] if len(location) > 1 and location[0] in _INPUT_PARTS else location
    return ".".join(map(str, parts))


def _message(entry: Mapping[str, Any]) -> str:
    if entry["type"] == "json_invalid":
        return f"no valid JSON: {entry.get('ctx', {}).get('error', entry['msg'])}"
    if entry["type"] == "extra_forbidden":
        return "there is no such field; see /docs for those there are"
    return str(entry["msg"]).removeprefix("Value error, ")
