"""A model that may stand behind a gateway: a melody by a Markov chain, sent as a WAV file while it is made.

It trusts its gateway, so it listens on this machine alone:

    python docs/examples/melody_model.py 9000
    audiera gateway serve --model 7=http://127.0.0.1:9000/ ...
"""

from __future__ import annotations

import json
import math
import random
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import make_server

RATE = 8_000  # samples a second
NOTES = 4  # a second
SCALE = (220.0, 246.9, 261.6, 293.7, 329.6, 392.0)
STEPS = (-2, -1, -1, 0, 1, 1, 2)  # from one note to the next


def app(environ: dict[str, Any], start: Callable[..., object]) -> Iterator[bytes]:
    """Answer a POST of {"seed": number} by as many seconds as the gateway says were paid for; by the call, by four."""
    seconds = int(environ.get("HTTP_AUDIERA_SECONDS") or 4)
    try:
        seed = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))["seed"]
        if type(seed) is not int:
            raise TypeError
    except (ValueError, KeyError, TypeError):
        start("400 Bad Request", [("Content-Type", "text/plain")])
        yield b'Write {"seed": 1}.'
        return
    size = 2 * RATE * seconds
    start("200 OK", [("Content-Type", "audio/wav"), ("Content-Length", str(44 + size))])
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    yield struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)
    chance, note = random.Random(seed), 0
    for _ in range(NOTES * seconds):
        note = (note + chance.choice(STEPS)) % len(SCALE)
        yield tone(SCALE[note])


def tone(hertz: float) -> bytes:
    """Return one note."""
    count = RATE // NOTES
    wave = (math.sin(2 * math.pi * hertz * it / RATE) * (1 - it / count) for it in range(count))
    return struct.pack(f"<{count}h", *(round(12_000 * it) for it in wave))


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
