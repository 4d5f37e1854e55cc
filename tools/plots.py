"""Plots as SVG: the same bytes each time, readable on light and dark pages."""

import math
from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["bars", "lines"]

_COLOURS = ("#3b6fb6", "#c8553d", "#5b9a5b", "#8a63b3", "#b08a2e")
_WIDTH, _LEFT, _RIGHT, _BAR = 900, 330, 90, 11
_SMALL = 'font-family="sans-serif" font-size="10" fill="#888"'
_TEXT = 'font-family="sans-serif" font-size="12" fill="#888"'


def bars(title: str, unit: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    """Return rows of bars on a logarithmic scale, one bar for each series of a row."""
    values = [value for row in rows.values() for value in row.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    series = list(next(iter(rows.values())))
    step, top = len(series) * (_BAR + 1) + 10, 60
    height = top + step * len(rows) + 20

    def across(value: float) -> float:
        return _LEFT + (math.log10(value) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    parts = [_legend(title, series)]
    for power in range(low, high + 1):
        x = across(10**power)
        parts.append(f'<path d="M{x:.1f} {top - 8}V{height - 20}" stroke="#8884"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{height - 5}" text-anchor="middle" {_TEXT}>{unit}{_short(10**power)}</text>'
        )
    for at, (name, row) in enumerate(rows.items()):
        y = top + at * step
        parts.append(f'<text x="{_LEFT - 8}" y="{y + step / 2:.1f}" text-anchor="end" {_TEXT}>{escape(name)}</text>')
        for number, value in enumerate(row.values()):
            place, x = y + number * (_BAR + 1), across(value)
            parts.append(
                f'<rect x="{_LEFT}" y="{place}" width="{x - _LEFT:.1f}" height="{_BAR}" fill="{_COLOURS[number]}"/>'
            )
            parts.append(f'<text x="{x + 4:.1f}" y="{place + 9}" {_SMALL}>{unit}{_short(value)}</text>')
    return _picture(_WIDTH, height, parts)


def lines(title: str, across: str, unit: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Return lines through points, on logarithmic scales."""
    points = [point for each in series.values() for point in each]
    xs, ys = [math.log10(x) for x, _ in points], [math.log10(y) for _, y in points]
    left, right, top, bottom = 80, 20, 60, 50
    width, height = _WIDTH, 420
    x0, x1, y0, y1 = math.floor(min(xs)), math.ceil(max(xs)), math.floor(min(ys)), math.ceil(max(ys))

    def place(x: float, y: float) -> tuple[float, float]:
        across_ = left + (math.log10(x) - x0) / max(1, x1 - x0) * (width - left - right)
        return across_, height - bottom - (math.log10(y) - y0) / max(1, y1 - y0) * (height - top - bottom)

    parts = [_legend(title, list(series))]
    for power in range(x0, x1 + 1):
        x, _ = place(10**power, 10**y0)
        parts.append(f'<path d="M{x:.1f} {top}V{height - bottom}" stroke="#8884"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{height - bottom + 16}" text-anchor="middle" {_TEXT}>{_short(10**power)}</text>'
        )
    for power in range(y0, y1 + 1):
        _, y = place(10**x0, 10**power)
        parts.append(f'<path d="M{left} {y:.1f}H{width - right}" stroke="#8884"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" {_TEXT}>{unit}{_short(10**power)}</text>')
    parts.append(f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle" {_TEXT}>{escape(across)}</text>')
    for number, each in enumerate(series.values()):
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in (place(*point) for point in each))
        parts.append(f'<path d="M{path}" fill="none" stroke="{_COLOURS[number]}" stroke-width="2"/>')
    return _picture(width, height, parts)


def _legend(title: str, series: Sequence[str]) -> str:
    parts = [f'<text x="10" y="20" font-weight="bold" {_TEXT}>{escape(title)}</text>']
    for number, name in enumerate(series):
        x = 10 + number * 170
        parts.append(f'<rect x="{x}" y="30" width="12" height="12" fill="{_COLOURS[number]}"/>')
        parts.append(f'<text x="{x + 17}" y="40" {_TEXT}>{escape(name)}</text>')
    return "\n".join(parts)


def _picture(width: int, height: int, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n{body}\n</svg>\n'


def _short(value: float) -> str:
    for size, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{name}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.2g}" if value >= 0.001 else f"{value:.1e}".replace("e-0", "e-")
