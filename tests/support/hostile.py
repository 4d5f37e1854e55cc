"""What strangers write where a name is asked for; and a reader that notices when a page took it for its own."""

from html.parser import HTMLParser

__all__ = ["ODD", "TEXTS", "foreign"]

ODD = "<hostile hostile=1>"
TEXTS = (
    f"</title></script></textarea>{ODD}<script>alert(1)</script>",
    f"\"'><img src=x onerror=alert(1) {ODD}",
    f"javascript:alert(1)//{ODD}",
    f"]]>--><![CDATA[{ODD}",
    "{{ 7 * 7 }}{% raw %}${7}",
    "\u202egpj.exe\u2066\u200b\ufeff",
    "e" + "\u0301" * 2_000,
    "a" * 1_000_000,
    "=cmd|'/c calc'!A1",
    "\u0000\u0007\u001b[31m\r\n\t",
    "\U0001f468\u200d\U0001f469\ue000\ufffe",
    "%00%0a/../..//",
    "",
    " ",
)


def foreign(page: str, script: str = "") -> list[str]:
    """What of a page no template of ours has, read as a browser would; but for one script of ours."""
    reader = _Reader(script)
    reader.feed(page)
    return reader.wrong


class _Reader(HTMLParser):
    """Reads a page as a browser would, and notes what no template of ours has."""

    def __init__(self, script: str) -> None:
        super().__init__()
        self.script = script
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in {"hostile", "img", "iframe", "object", "base", "style"}:
            self.wrong.append(tag)
        is_data = said.get("type") in {"application/ld+json", "application/json"}
        if tag == "script" and not is_data and said != {"src": self.script, "defer": None}:
            self.wrong.append(f"script {said}")
        self.wrong += [name for name in said if name.startswith("on") or name in {"hostile", "style", "srcdoc"}]
        for name in ("href", "src", "action"):
            if (said.get(name) or "").strip().lower().startswith(("javascript:", "data:", "vbscript:")):
                self.wrong.append(f"{name} {said[name]}")
