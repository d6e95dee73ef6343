"""Malformed requests, each to our server and to nginx: ours refuses all, and nginx's answer stands beside ours."""

import unittest
from concurrent.futures import ThreadPoolExecutor

import malformed
from malformed import Case
from web import Exchange, NginxSite, Web, exchange

#: The same two routes as `meshload web` has, with bodies read and thrown away.
SERVER = """
    listen 127.0.0.1:PORT; client_max_body_size 64m;
    location /json { default_type application/json; return 200 '{"message":"hello"}'; }
    location /upload { return 200 'taken'; }
    location /smuggled { return 200 'smuggled'; }
"""


class Malformed(unittest.TestCase):
    def test_every_case_beside_nginx(self) -> None:
        """Ours answers as the table says; where nginx refuses, so do we."""
        with Web() as web, NginxSite(SERVER) as nginx, ThreadPoolExecutor(24) as pool:
            ours = list(pool.map(lambda case: exchange(web.port, case.sent), malformed.ALL))
            theirs = list(pool.map(lambda case: exchange(nginx.port, case.sent), malformed.ALL))
            for case, our, their in zip(malformed.ALL, ours, theirs, strict=True):
                print(f"{case.name:45} ours {_shown(our):22} nginx {_shown(their)}")
            for case, our, their in zip(malformed.ALL, ours, theirs, strict=True):
                with self.subTest(case.name):
                    self.check(case, our, their)
            self.assertEqual(exchange(web.port, malformed.get()).statuses, (200,))

    def check(self, case: Case, our: Exchange, their: Exchange) -> None:
        """What one case must come to."""
        self.assertEqual(our.statuses, case.wanted, our.received[:300])
        self.assertEqual(our.is_closed, not case.stays_open, our.received[:300])
        self.assertNotIn(b"smuggled", our.received)
        self.assertEqual(any(status == 200 for status in their.statuses), case.passes_nginx, their.received[:300])

    def test_one_byte_at_a_time(self) -> None:
        """Where the bytes are cut makes no difference: the short cases again, in pieces."""
        # One that waits for 100 gets it here, because its body has not come.
        cases = [case for case in malformed.ALL if len(case.sent) < 400 and b"Expect: 100" not in case.sent]
        with Web() as web, ThreadPoolExecutor(24) as pool:
            found = pool.map(lambda case: exchange(web.port, case.sent, pause=0.001), cases)
            for case, our in zip(cases, found, strict=True):
                with self.subTest(case.name):
                    self.assertEqual(our.statuses, case.wanted, our.received[:300])


def _shown(found: Exchange) -> str:
    statuses = ",".join(str(status) for status in found.statuses) or "-"
    return f"{statuses} {'closed' if found.is_closed else 'open'}"


if __name__ == "__main__":
    unittest.main()
