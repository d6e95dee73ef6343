"""Headless Chromium: EventSource, WebSocket, fetch of bodies both ways, and a request that it gives up."""

from __future__ import annotations

import http.server
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "ProcessTests"))

from web import Web  # noqa: E402

PAGE = Path(__file__).with_name("page.html")


class Reports(http.server.ThreadingHTTPServer):
    """Takes what the page reports."""

    def __init__(self) -> None:
        self.found: queue.Queue[dict[str, Any]] = queue.Queue()
        super().__init__(("127.0.0.1", 0), _Taker)


class _Taker(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """One report."""
        body = self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Reports)
        self.server.found.put(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *words: object) -> None:
        """Says nothing."""


class Chromium(unittest.TestCase):
    def test_the_page(self) -> None:
        """All of it works, and what was given up was cancelled."""
        with Web("--page", PAGE) as web, Reports() as reports:
            report = self.report(web, reports)
            self.assertEqual(report["events"], ["0", "1", "2", "3", "4"])
            self.assertEqual(report["echoes"], {"seen": ["häh?", "0,255,7"], "code": 1000, "isClean": True})
            self.assertEqual((report["whole"]["status"], report["whole"]["type"]), (200, "application/json"))
            self.assertEqual((report["streamed"], report["given"]), (3_000_000, 100_000))
            self.assertEqual(report["abandoned"], "AbortError")
            end = time.monotonic() + 5
            while "browser" not in self.cancelled(web) and time.monotonic() < end:
                time.sleep(0.02)
            self.assertIn("browser", self.cancelled(web))

    def cancelled(self, web: Web) -> dict[str, int]:
        """Handlers that were cancelled."""
        with urllib.request.urlopen(web.url + "/handlers", timeout=10) as answer:
            return dict(json.load(answer)["cancelled"])

    def report(self, web: Web, reports: Reports) -> dict[str, Any]:
        """What the page says when a browser has loaded it."""
        threading.Thread(target=reports.serve_forever, daemon=True).start()
        to = urllib.parse.quote(f"http://127.0.0.1:{reports.server_address[1]}/", safe="")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
            command = ["chromium", *words, f"--user-data-dir={profile}", f"{web.url}/page#{to}"]
            browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                return reports.found.get(timeout=60)
            finally:
                browser.terminate()
                browser.wait(20)
                reports.shutdown()


if __name__ == "__main__":
    unittest.main()
