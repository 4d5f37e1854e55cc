"""A mail server on this machine: it takes what it is given, and keeps it."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

__all__ = ["MailServer", "mail_server"]

ANSWERS = {"STARTTLS": "220 go on", "AUTH": "235 welcome", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on"}
ANSWERS["QUIT"] = "421 busy"  # which is no reason to send the mail again


@dataclass(slots=True)
class MailServer:
    """What was said, and what came."""

    port: int = 0
    said: list[str] = field(default_factory=list)
    """Every command."""
    taken: list[EmailMessage] = field(default_factory=list)


@contextmanager
def mail_server(certificate: Path | None = None, *, starttls: bool = False) -> Iterator[MailServer]:
    """Speaks as much of SMTP as a client needs: in TLS at once, after STARTTLS, or without a certificate in clear."""
    server = MailServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate:
        context.load_cert_chain(certificate)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            line = context.wrap_socket(self.request, server_side=True) if certificate and not starttls else self.request
            line.sendall(b"220 here\r\n")
            with line:
                self.talk(line)

        def talk(self, line: socket.socket) -> None:
            reader = line.makefile("rb")
            while command := reader.readline().decode().strip():
                server.said.append(command)
                verb = command.split()[0].upper()
                if verb == "EHLO":
                    line.sendall(b"250-here\r\n" + b"250-STARTTLS\r\n" * starttls + b"250 AUTH PLAIN\r\n")
                    continue
                line.sendall(f"{ANSWERS.get(verb, '502 what?')}\r\n".encode())
                if verb == "STARTTLS":
                    with context.wrap_socket(line, server_side=True) as sealed:
                        self.talk(sealed)
                    return
                if verb == "DATA":
                    data = b""
                    while not data.endswith(b"\r\n.\r\n"):
                        data += reader.readline()
                    message = message_from_bytes(data[:-5], policy=policy.default)
                    assert isinstance(message, EmailMessage)
                    server.taken.append(message)
                    line.sendall(b"250 taken\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: clients that hang up are what is tested."""

    with Server(("127.0.0.1", 0), Handler) as listening:
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
