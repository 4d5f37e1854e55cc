"""XML, made of elements so that text cannot become markup."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

__all__ = ["document", "tag"]


def tag(above: Element, name: str, text: str = "", **attributes: str) -> Element:
    """Add an element below another."""
    made = SubElement(above, name, attributes)
    if text:
        made.text = text
    return made


def document(name: str, namespace: str, parts: Iterable[Element]) -> bytes:
    """Return a document of these elements."""
    root = Element(name, {"xmlns": namespace})
    root.extend(parts)
    written: str = tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'.encode()
