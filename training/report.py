"""The report of a version as one HTML page without anything from elsewhere; figures are drawn into it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import jinja2
import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

from training.evaluate import Evaluation

_TEMPLATES = Path(__file__).parent / "templates"


def render_report(version: str, evaluation: Evaluation, live: Mapping[str, float] | None, live_name: str) -> str:
    """The page.

    Args:
        live: metrics of the version that was live when this one was made; None if there was none.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    details = evaluation.details
    return environment.get_template("report.html").render(
        version=version,
        metrics=evaluation.metrics,
        live=live or {},
        live_name=live_name,
        details=details,
        reliability=_reliability(details["reliability"]),
        risk=_risk(details["risk_coverage"]),
        curves=_curves(details["precision_recall"]),
    )


def _reliability(bins: list[dict[str, float]]) -> Markup:
    figure = Figure(figsize=(4.5, 4))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot([b["stated"] for b in bins], [b["right"] for b in bins], marker="o")
    axes.set(xlabel="stated probability", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    return _svg(figure)


def _risk(points: list[list[float]]) -> Markup:
    figure = Figure(figsize=(4.5, 4))
    axes = figure.subplots()
    axes.plot([x for x, _ in points], [y for _, y in points])
    axes.set(xlabel="coverage: share of texts answered", ylabel="risk: share of these wrong", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    return _svg(figure)


def _curves(curves: Mapping[str, list[list[float]]]) -> Markup:
    columns = 4
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(12, 2.6 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (label, points) in zip(grid, curves.items(), strict=False):
        axes.plot([x for x, _ in points], [y for _, y in points])
        axes.set(title=label, xlim=(0, 1), ylim=(0, 1.02))
    for axes in grid[len(curves) :]:
        axes.set_axis_off()
    return _svg(figure)


def _svg(figure: Figure) -> Markup:
    """The figure as SVG, the same for the same data."""
    drawn = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "leitmotif", "svg.fonttype": "none"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue()
    return Markup(text[text.index("<svg") :])
