"""The servers of others that tests and benchmarks stand up."""

from __future__ import annotations

import http.client
import socket
import unittest
from unittest import mock

from web import NginxSite
from upstreams import nginx
from upstreams.ports import free_ports

_SITE = "listen 127.0.0.1:PORT; root FOLDER/files;"


class NginxTests(unittest.TestCase):
    def test_nginx_takes_other_ports_where_somebody_else_has_taken_its_own(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            free = free_ports(3)
            with mock.patch.object(nginx, "free_ports", side_effect=[[taken, free[0]], free[1:]]) as chosen:
                with NginxSite(_SITE) as site:
                    self.assertEqual(chosen.call_count, 2)
                    self.assertEqual(site.ports, free[1:])
                    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
                    connection.request("GET", "/json")
                    self.assertEqual(connection.getresponse().read(), nginx.JSON)
                    connection.close()

    def test_nginx_that_cannot_read_its_configuration_says_so_at_once(self) -> None:
        with self.assertRaisesRegex(AssertionError, "no_such_word"):
            with NginxSite("no_such_word;"):
                self.fail("it runs")


if __name__ == "__main__":
    unittest.main()
