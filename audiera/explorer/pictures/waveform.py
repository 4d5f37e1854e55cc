"""How loud a recording is from its beginning to its end, for the eye alone."""

from typing import Final

from markupsafe import Markup

__all__ = ["waveform"]

_STEP, _MIDDLE = 3, 16
_LOUDEST: Final = 255


def waveform(levels: str, length_ms: int = 0, start_ms: int = 0, end_ms: int = 0) -> Markup:
    """Return the picture as SVG.

    Args:
        levels: two hexadecimal digits each.
        length_ms: of the recording.
        start_ms: where an excerpt of it begins, which is marked.
        end_ms: where that ends.
    """
    heights = [max(1, round(level / _LOUDEST * (_MIDDLE - 1))) for level in bytes.fromhex(levels)]
    width, path, below = len(heights) * _STEP, "", 0
    for at, height in enumerate(heights):
        path += f"m{_STEP if at else 1.5} {-below - height}v{2 * height}"
        below = height
    excerpt = ""
    if length_ms and end_ms > start_ms:
        first, last = (min(ms / length_ms, 1) * width for ms in (start_ms, end_ms))
        excerpt = f'<rect x="{first:.1f}" width="{last - first:.1f}" height="{2 * _MIDDLE}"/>'
    return Markup(
        f'<svg class="wave" viewBox="0 0 {width} {2 * _MIDDLE}" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{excerpt}<path d="M0 {_MIDDLE}{path}"/></svg>'
    )
