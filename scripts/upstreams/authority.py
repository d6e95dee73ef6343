"""Certificates of a test's own, made by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """Issues certificates into its folder."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = folder / f"{name}.pem"
        self._key = folder / f"{name}-key.pem"
        self._name = name
        self._make_key(self._key)
        usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        root = ["-key", self._key, "-subj", f"/CN={name}", "-days", "30", "-out", self.certificate]
        self._openssl("req", "-x509", "-new", *root, *usage)

    def issue(self, name: str, *, names: str = "DNS:localhost,IP:127.0.0.1", days: int = 30) -> tuple[Path, Path]:
        """The files of a certificate and its key."""
        certificate, key = self.folder / f"{self._name}-{name}.pem", self.folder / f"{self._name}-{name}-key.pem"
        request, extensions = self.folder / f"{name}.request", self.folder / f"{name}.extensions"
        self._make_key(key)
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
        self._openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        issuer = ["-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-days", str(days)]
        self._openssl("x509", "-req", "-in", request, *issuer, "-extfile", extensions, "-out", certificate)
        return certificate, key

    def _make_key(self, path: Path) -> None:
        self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)

    @staticmethod
    def _openssl(*words: str | Path) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True)


_KEYS = {"ecdsa": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["rsa:2048"]}


def self_signed(folder: Path, name: str = "localhost", kind: str = "ecdsa") -> tuple[Path, Path]:
    """A certificate for the loopback that signs itself, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    words = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", *_KEYS[kind], "-subj", f"/CN={name}"]
    words += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(words, check=True, capture_output=True)
    return certificate, key
