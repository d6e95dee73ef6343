"""Two Erlang nodes that call each other over TLS distribution."""

from __future__ import annotations

import socket
import subprocess
import sys

from benching import peerbuild

SERVER = "meshbench-server@localhost"
CLIENT = "meshbench-client@localhost"


def measure(in_flight: str, milliseconds: int) -> str:
    """The JSON that the calling node prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    common = _common(port)
    server = subprocess.Popen(
        ["erl", *common, "-sname", SERVER, "-s", "echo_peer", "serve"],
        cwd=peerbuild.BUILT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        words = ["-sname", CLIENT, "-dist_listen", "false", "-s", "echo_peer", "measure"]
        finished = subprocess.run(
            ["erl", *common, *words, "-extra", SERVER, in_flight, str(milliseconds)],
            cwd=peerbuild.BUILT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    finally:
        server.kill()
        server.wait()
    if finished.returncode != 0:
        sys.exit(f"scripts/bench: Erlang ended with status {finished.returncode}")
    return finished.stdout


def _common(port: int) -> list[str]:
    """No port mapper: both nodes know the server's port. Only the loopback; certificates on both sides."""
    options = peerbuild.BUILT / "erlang.conf"
    sides = [("server", "{fail_if_no_peer_cert, true}, "), ("client", "")]
    options.write_text("[" + ", ".join(_side(name, extra) for name, extra in sides) + "].\n")
    return [
        *["-noshell", "-pa", ".", "-setcookie", "meshbench", "-start_epmd", "false", "-erl_epmd_port", str(port)],
        *["-proto_dist", "inet_tls", "-ssl_dist_optfile", str(options)],
        *["-kernel", "inet_dist_use_interface", "{127,0,0,1}"],
    ]


def _side(name: str, extra: str) -> str:
    folder = peerbuild.CERTIFICATES
    files = f'{{certfile, "{folder}/{name}.pem"}}, {{keyfile, "{folder}/{name}-key.pem"}}'
    trust = f'{{cacertfile, "{folder}/ca.pem"}}, {{verify, verify_peer}}'
    cipher = "{versions, ['tlsv1.3']}, {ciphers, [\"TLS_AES_128_GCM_SHA256\"]}"
    return f"{{{name}, [{files}, {trust}, {extra}{cipher}]}}"
