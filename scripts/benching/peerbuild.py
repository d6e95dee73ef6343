"""Builds the programs of Tests/Peers and makes their certificates, all below .build/peers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benching.paths import ROOT

SOURCES = ROOT / "Tests/Peers"
BUILT = ROOT / ".build/peers"
CERTIFICATES = BUILT / "certificates"
PROGRAMS = {"quinn": BUILT / "quinn/release/quinn-peer", "grpc": BUILT / "grpc-peer"}

#: Debian's crates and nothing else.
CRATES = [
    "--config",
    'source.crates-io.replace-with="debian"',
    "--config",
    'source.debian.directory="/usr/share/cargo/registry"',
]

EXTENSIONS = """basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:localhost,IP:127.0.0.1
"""


def build() -> None:
    """Builds what has changed; says what is missing."""
    for tool in ["cargo", "erlc", "g++", "openssl"]:
        if shutil.which(tool) is None:
            sys.exit(f"scripts/bench: there is no '{tool}'. Mend: scripts/setup --peers")
    BUILT.mkdir(parents=True, exist_ok=True)
    _build_quinn()
    _build_grpc()
    _run(["erlc", "-o", str(BUILT), str(SOURCES / "erlang/echo_peer.erl")], BUILT)
    if not (CERTIFICATES / "client.pem").exists():
        _make_certificates()


def _build_quinn() -> None:
    words = ["build", "--release", "--offline", "--quiet", "--jobs", "2", "--target-dir", str(BUILT / "quinn")]
    _run(["cargo", *words, *CRATES], SOURCES / "quinn")


def _build_grpc() -> None:
    source, program = SOURCES / "grpc/echo.cc", PROGRAMS["grpc"]
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return
    libraries = ["-lgrpc++", "-lgrpc", "-lgpr", "-labsl_synchronization"]
    _run(["g++", "-O2", "-std=c++17", "-o", str(program), str(source), *libraries], BUILT)


def _make_certificates() -> None:
    CERTIFICATES.mkdir(parents=True, exist_ok=True)
    (CERTIFICATES / "extensions").write_text(EXTENSIONS)
    key = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"]
    for name in ["ca", "server", "client"]:
        _run([*key, f"{name}-key.pem"], CERTIFICATES)
    usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    root = ["-key", "ca-key.pem", "-subj", "/CN=peers", "-days", "30", "-out", "ca.pem"]
    _run(["openssl", "req", "-x509", "-new", *root, *usage], CERTIFICATES)
    for name in ["server", "client"]:
        request = ["-key", f"{name}-key.pem", "-subj", f"/CN={name}", "-out", f"{name}.request"]
        _run(["openssl", "req", "-new", *request], CERTIFICATES)
        issuer = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "30", "-extfile", "extensions"]
        words = ["-req", "-in", f"{name}.request", *issuer, "-out", f"{name}.pem"]
        _run(["openssl", "x509", *words], CERTIFICATES)


def _run(command: list[str], folder: Path) -> None:
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        sys.exit(f"scripts/bench: {' '.join(command)} failed:\n{finished.stderr}")
