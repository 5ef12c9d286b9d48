"""The tables of ``cubesal evaluate``: rows and scores, gains over the band, checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import degrees
from typing import Final

from rich.table import Table

from cubesal.evaluation import CheckReport, Section

__all__ = ["Titled", "check_table", "delay_table", "section_tables"]

#: A table and the line above it, which may be longer than the table is wide.
Titled = tuple[str, Table]

_TITLES: Final = {
    "auc_judd": "AUC-J",
    "auc_borji": "AUC-B",
    "auc_shuffled": "sAUC",
    "cc": "CC",
    "nss": "NSS",
    "sim": "SIM",
    "kld": "KLD",
    "hits": "hits 25°",
    "flicker": "flicker",
}
_KINDS: Final = {
    "fixations": "fixation points",
    "map": "density maps; fixations are the top 2 %",
    "subjects": "boxes of primary subjects",
    "heat maps": "a heat map per frame",
}
#: Scores that are shown item by item, in this order.
_PER_ITEM: Final = ("auc_judd", "cc", "nss", "hits")
_SHORT = 14


def section_tables(section: Section, protocol: str, band: str) -> list[Titled]:
    """Means per row; the scores of the judged rows item by item; and their gains over the band."""
    tables = [_means(section, protocol)]
    shown = [name for name in (band, *section.judged) if name in section.scores]
    scores = [score for score in _PER_ITEM if score in section.columns]
    if section.scores and len(section.items) > 1:
        tables.append(_per_item(section, shown, scores))
    judged = [name for name in shown if name != band]
    if band in section.scores and judged and section.items:
        tables.append(_gains(section, judged, band, scores))
    return tables


def _means(section: Section, protocol: str) -> Titled:
    how = "" if section.kind == "subjects" else f", protocol {protocol}"
    weighted = ", weighted by feature files" if section.weights is not None else ""
    title = f"{section.name} (n = {len(section.items)}; {_KINDS[section.kind]}{how}{weighted})"
    table = Table()
    table.add_column("mean per row")
    for score in section.columns:
        table.add_column(_TITLES[score], justify="right")
    for row in section.scores:
        cells = [_mean_cell(section, row, score) for score in section.columns]
        table.add_row(row, *cells)
    return title, table


def _mean_cell(section: Section, row: str, score: str) -> str:
    mean = section.mean(row, score)
    if mean is None:
        return "–"
    interval = section.interval(row, score)
    spread = f" [{_number(interval[0])}, {_number(interval[1])}]" if interval else ""
    lacking = len(section.items) - sum(score in s for s in section.scores[row].values())
    partly = "" if not lacking else f" (n = {len(section.items) - lacking})"
    return _number(mean) + spread + partly


def _per_item(section: Section, rows: Sequence[str], scores: Sequence[str]) -> Titled:
    title = f"{section.name}: {' / '.join(_TITLES[score] for score in scores)}"
    table = Table()
    table.add_column("each")
    for row in rows:
        table.add_column(row, justify="right", min_width=_SHORT)
    for item in section.items:
        found = [section.scores[row].get(item, {}) for row in rows]
        cells = [" / ".join(_number(f[s]) if s in f else "–" for s in scores) for f in found]
        table.add_row(item, *cells)
    return title, table


def _gains(section: Section, rows: Sequence[str], band: str, scores: Sequence[str]) -> Titled:
    named = " / ".join(_TITLES[score] for score in scores)
    title = f"{section.name}: paired gain over {band}, {named}"
    table = Table()
    table.add_column("each")
    for row in rows:
        table.add_column(row, justify="right", min_width=_SHORT)
    gains = {(r, s): section.gains(r, band, s) for r in rows for s in scores}
    for item in section.items:
        cells = [
            " / ".join(f"{gains[r, s][item]:+.3f}" if item in gains[r, s] else "–" for s in scores)
            for r in rows
        ]
        table.add_row(item, *cells)
    return title, table


def check_table(reports: Sequence[CheckReport]) -> Titled:
    """Rotations and seams, a column per report."""
    smoothing = degrees(reports[0].smoothing)
    title = (
        f"without ground truth, prior off ({reports[0].pictures} pictures; CC of the map and that"
        f" of the turned sphere turned back, both smoothed by {smoothing:.3g}°)"
    )
    table = Table()
    table.add_column("check")
    for report in reports:
        table.add_column(report.row, justify="right", min_width=_SHORT)
    for name in reports[0].rotations:
        table.add_row(name, *(_number(r.rotations[name]) for r in reports))
    table.add_row("mean of the three yaws", *(_number(r.yaw_mean) for r in reports))
    table.add_row("step across edges / inside faces", *(f"{r.seam:.2f}" for r in reports))
    seams = [r.feature_seam for r in reports]
    cells = ["–" if seam is None else f"{seam:.2f}" for seam in seams]
    table.add_row("the same of feature deviation", *cells)
    return title, table


def delay_table(delays: Mapping[str, float]) -> Titled:
    """Seconds by which each row lags behind what it should follow."""
    table = Table()
    table.add_column("row")
    table.add_column("delay", justify="right")
    for row, delay in delays.items():
        table.add_row(row, f"{delay:+.2f} s")
    return "delay behind the true track of the demo clip's primary subjects, prior off", table


def _number(value: float) -> str:
    return f"{value:.3f}"
