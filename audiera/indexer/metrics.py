"""The figures of a follower as Prometheus reads them (text format 0.0.4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from audiera.errors import InputError
from audiera.indexer.follow import Figures

__all__ = ["metrics_of", "serving_metrics"]

_SILENCE: Final = 10.0  # seconds after which who asks nothing is hung up on


def metrics_of(figures: Figures, chain_id: int) -> str:
    """Return the figures as text."""
    rows: tuple[tuple[str, str, str, float], ...] = (
        ("next_block", "gauge", "Everything below this block is read.", figures.next_block),
        ("head_block", "gauge", "The newest block of the node.", figures.head),
        ("lag_blocks", "gauge", "Blocks that are not read yet.", figures.behind),
        (
            "lag_seconds",
            "gauge",
            "Age of the newest block read, if there are newer.",
            figures.seconds_behind,
        ),
        ("events_total", "counter", "Events read.", figures.events),
        ("events_per_second", "gauge", "Events a second, while there was something to read.", figures.events_a_second),
        ("requests_total", "counter", "Requests made of the node.", figures.requests),
        ("retries_total", "counter", "Times that something was asked of the node again.", figures.retries),
        ("reorganisations_total", "counter", "Reorganisations of the chain.", figures.reorganisations),
        ("orphaned_blocks_total", "counter", "Blocks taken back.", figures.orphaned),
        ("late_logs_total", "counter", "Logs that came only when they were asked for again.", figures.late),
        ("database_waits_total", "counter", "Times that the database did not answer.", figures.waits),
        ("uptime_seconds", "gauge", "Since this process began to follow.", time.time() - figures.began),
    )
    lines = []
    for name, kind, told, value in rows:
        full = f"audiera_index_{name}"
        lines += [f"# HELP {full} {told}", f"# TYPE {full} {kind}", f'{full}{{chain_id="{chain_id}"}} {value:.15g}']
    return "\n".join(lines) + "\n"


@contextmanager
def serving_metrics(address: str, text: Callable[[], str]) -> Iterator[str]:
    """Answer at an address with what `text` returns, while the context lasts; yield the URL.

    Args:
        address: host and port, ``127.0.0.1:9464``; port 0 is any that is free.
        text: the metrics as they are.

    Raises:
        InputError: if it is no address, or cannot be listened at.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _SILENCE

        def do_GET(self) -> None:
            if self.path != "/metrics":
                self.send_error(404)
                return
            body = text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    host, _, port = address.rpartition(":")
    if not port.isdecimal() or not host:
        raise InputError(f"{address!r} is no host and port; write 127.0.0.1:9464, say.")
    try:
        server = ThreadingHTTPServer((host.strip("[]"), int(port)), Handler)
    except (OSError, OverflowError) as error:
        raise InputError(f"Nothing can listen at {address} ({error}); choose another address.") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
