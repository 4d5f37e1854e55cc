"""A real nginx in front of a server, by the sample of the documentation."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.places import DOCS

__all__ = ["SECRET", "Front", "fronted", "nginx"]

SECRET = "a-secret-of_nginx-and-the-gateway-0123456789"
"""By which it checks presigned URLs."""


@dataclass(frozen=True, slots=True)
class Front:
    """A running nginx."""

    url: str
    certificate: Path


def nginx() -> str:
    """The program; without it the test is skipped."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.skip("nginx is not installed; install it, or run tools/heavy as root on Debian")
    return found


@contextmanager
def fronted(folder: Path, port: int, upstream: str, store: Path) -> Iterator[Front]:
    """Run nginx with the sample of docs/gateway.md at a port of this machine, with a certificate of its own."""
    program = nginx()
    certificate, key = _certificate(folder)
    presign = folder / "presign.conf"
    presign.write_text(f'secure_link_md5 "$until/$object {SECRET}";\n')
    sample = (DOCS / "gateway.md").read_text("utf-8").partition("```nginx\nserver {")[2].partition("```")[0]
    own = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "server_name music.example;": "server_name 127.0.0.1;",
        "/etc/ssl/music.example.pem": str(certificate),
        "/etc/ssl/music.example.key": str(key),
        "http://127.0.0.1:8080": upstream,
        "/srv/audiera/store/": f"{store}/",
        "/etc/nginx/audiera-presign.conf": str(presign),
    }
    for said, mine in own.items():
        assert said in sample, said
        sample = sample.replace(said, mine)
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = " ".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"{user} daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\nserver {{{sample}}}\n"
    )
    process = subprocess.Popen([program, "-c", str(configuration), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Front(f"https://127.0.0.1:{port}", certificate)
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    for _ in range(500):
        with closing(socket.socket()) as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("nginx does not answer")


def _certificate(folder: Path) -> tuple[Path, Path]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "test.pem", folder / "test.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
