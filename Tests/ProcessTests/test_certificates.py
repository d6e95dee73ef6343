"""`meshnode ca` as an operator meets it, and openssl as the other implementation, both ways."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

MESHNODE = Path(__file__).resolve().parents[2] / ".build/release/meshnode"
OUTSIDE_ITS_TIME = 3
IDENTITY = "spiffe://mesh/acme/hub/hub-1"


class Place(unittest.TestCase):
    """A folder of its own for each test; commands run in it."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def run_in_place(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)

    def ca(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run_in_place(MESHNODE, "ca", *words)

    def done(self, *words: str) -> str:
        finished = self.ca(*words)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""), words)
        return finished.stdout

    def openssl(self, *words: str) -> str:
        finished = self.run_in_place("openssl", *words)
        self.assertEqual(finished.returncode, 0, f"{words}: {finished.stderr}")
        return finished.stdout

    def write(self, name: str, text: str, mode: int = 0o600) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return name

    def issue_hub(self, *more: str) -> str:
        words = ("--role", "hub", "--tenant", "acme", "--id", "hub-1", "--dns", "hub-1.example", "--ip", "192.0.2.7")
        return self.done("issue", *words, *more)


class Ours(Place):
    """What we issue, read by openssl."""

    def test_openssl_verifies_hubs_and_edges_of_both_sorts_of_authority(self) -> None:
        for algorithm in ("p256", "ed25519"):
            ca = f"ca-{algorithm}"
            self.done("init", "--folder", ca, "--algorithm", algorithm, "--quiet")
            self.issue_hub("--folder", ca, "--out", f"hub-{algorithm}")
            words = ("--role", "edge", "--tenant", "acme", "--id", "laptop", "--out", f"edge-{algorithm}")
            self.done("issue", "--folder", ca, *words)
            strict = ("verify", "-x509_strict", "-CAfile", f"{ca}/ca.pem", "-purpose")
            for purpose in ("sslserver", "sslclient"):
                self.openssl(*strict, purpose, f"hub-{algorithm}/node.pem")
            self.openssl(*strict, "sslclient", f"edge-{algorithm}/node.pem")
            refused = self.run_in_place("openssl", *strict, "sslserver", f"edge-{algorithm}/node.pem")
            self.assertNotEqual(refused.returncode, 0)

    def test_openssl_reads_the_names_the_uses_and_the_key(self) -> None:
        self.done("init")
        self.issue_hub("--ip", "2001:db8::7")
        text = self.openssl("x509", "-in", "hub-1/node.pem", "-noout", "-text")
        for words in (
            f"URI:{IDENTITY}, DNS:hub-1.example, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7",
            "TLS Web Server Authentication, TLS Web Client Authentication", "CA:FALSE", "Digital Signature",
            "Subject: O = acme, CN = hub-1", "Issuer: CN = meshnode CA", "X509v3 Authority Key Identifier",
        ):
            self.assertIn(words, text)
        public = self.openssl("x509", "-in", "hub-1/node.pem", "-noout", "-pubkey")
        self.assertEqual(self.openssl("pkey", "-in", "hub-1/node-key.pem", "-pubout"), public)
        root = self.openssl("x509", "-in", "ca/ca.pem", "-noout", "-text")
        for words in ("CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign"):
            self.assertIn(words, root)

    def test_files_are_private_and_never_overwritten(self) -> None:
        self.done("init")
        self.issue_hub()
        modes = {name: oct((self.folder / name).stat().st_mode & 0o777)
                 for name in ("ca", "ca/ca-key.pem", "hub-1/node-key.pem")}
        self.assertEqual(modes, {"ca": "0o700", "ca/ca-key.pem": "0o600", "hub-1/node-key.pem": "0o600"})
        before = {path: path.read_bytes() for path in self.folder.rglob("*.pem")}
        again = self.ca("init")
        self.assertEqual(again.returncode, 1)
        self.assertIn("'ca/ca.pem' exists", again.stderr)
        again = self.ca("issue", "--role", "edge", "--tenant", "acme", "--id", "hub-1")
        self.assertEqual(again.returncode, 1)
        self.assertIn("'hub-1/node.pem' exists", again.stderr)
        self.assertEqual({path: path.read_bytes() for path in self.folder.rglob("*.pem")}, before)

    def test_programs_read_json(self) -> None:
        made = json.loads(self.done("init", "--json", "--name", "Acme"))
        self.assertEqual((made["kind"], made["subject"], made["certificate"]), ("authority", "CN=Acme", "ca/ca.pem"))
        issued = json.loads(self.issue_hub("--json", "--valid-for", "30d"))
        self.assertEqual(issued["uris"], [IDENTITY])
        self.assertEqual((issued["daysLeft"], issued["state"]), (29, "valid"))
        shown = json.loads(self.done("show", "--json", "hub-1"))
        self.assertEqual([one["kind"] for one in shown], ["hub", "authority"])
        self.assertEqual(shown[0]["use"], ["client", "server"])
        checked = json.loads(self.done("check", "--json", "hub-1"))
        self.assertEqual(checked["sha256"], issued["sha256"])
        print_of_openssl = self.openssl("x509", "-in", "hub-1/node.pem", "-noout", "-fingerprint", "-sha256")
        self.assertEqual(issued["sha256"], print_of_openssl.split("=")[1].strip().replace(":", "").lower())

    def test_people_read_tables_and_are_told_what_comes_next(self) -> None:
        self.assertIn("Next: meshnode ca issue", self.done("init"))
        self.assertIn("move the folder to the node", self.issue_hub())
        table = self.done("show", "hub-1/node.pem")
        self.assertRegex(table, r"(?m)^identity +spiffe://mesh/acme/hub/hub-1$")
        self.assertRegex(table, r"(?m)^state +valid, 89 days left$")
        self.assertEqual(self.done("check", "hub-1", "--quiet"), "")
        self.assertIn(f"'{IDENTITY}' can start", self.done("check", "hub-1"))

    def test_a_short_life_ends_and_is_told_apart(self) -> None:
        self.done("init", "--valid-for", "1s", "--quiet")
        limit = self.issue_hub()
        self.assertIn("It ends with its authority", limit)
        self.run_in_place("sleep", "2.2")
        shown = self.ca("show", "hub-1/node.pem")
        self.assertEqual(shown.returncode, OUTSIDE_ITS_TIME)
        self.assertIn("expired, -1 days left", shown.stdout)
        checked = self.ca("check", "hub-1")
        self.assertEqual(checked.returncode, 1)
        self.assertRegex(checked.stderr, r"'hub-1/node.pem': the certificate of 'CN=hub-1,O=acme' expired on 20")
        late = self.ca("issue", "--role", "edge", "--tenant", "acme", "--id", "late")
        self.assertIn("expired on", late.stderr)

    def test_wrong_words_say_what_would_be_right(self) -> None:
        self.done("init")
        role = ("issue", "--role", "hub", "--tenant", "acme", "--id")
        for words, expected, code in (
            (("issue", "--role", "boss", "--tenant", "acme", "--id", "a"), "edge | hub", 2),
            ((*role, "Hub 1"), "lowercase letters", 2),
            ((*role, "a", "--ip", "192.0.2"), "192.0.2.7", 2),
            ((*role, "a", "--valid-for", "90"), "90d", 2),
            ((*role, "a", "--valid-for", "0s"), "between a second and a hundred years", 1),
            ((*role, "a", "--dns", "*.example"), "no host name", 1),
            (("issue", "--role", "edge", "--tenant", "acme", "--id", "a", "--dns", "x"), "called by nobody", 1),
            ((*role, "a", "--folder", "nowhere"), "'nowhere/ca.pem' does not exist", 1),
            (("init", "--algorithm", "rsa"), "p256 | ed25519", 2),
            (("init", "--folder", "other", "--name", ""), "1 to 64 bytes", 1),
            (("show", "nothing.pem"), "'nothing.pem' does not exist", 1),
        ):
            finished = self.ca(*words)
            self.assertEqual(finished.returncode, code, (words, finished.stderr))
            self.assertIn(expected, finished.stderr)
        self.assertFalse((self.folder / "a").exists())


class Foreign(Place):
    """What openssl makes, read by us."""

    def setUp(self) -> None:
        super().setUp()
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key")
        self.root("ca", "-key", "ca.key")

    def root(self, name: str, *words: str) -> None:
        self.openssl("req", "-x509", *words, "-subj", f"/CN={name}", "-days", "30", "-out", f"{name}.crt",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def leaf(self, key: str, extensions: str = "", *words: str, ca: str = "ca") -> str:
        """A certificate for a key, under an authority; what a hub needs unless told."""
        extensions = extensions or f"subjectAltName=URI:{IDENTITY}\nextendedKeyUsage=serverAuth,clientAuth"
        self.write("ext", f"basicConstraints=critical,CA:FALSE\n{extensions}\n")
        self.openssl("req", "-new", "-key", key, "-subj", "/CN=foreign", "-out", "leaf.csr")
        self.openssl("x509", "-req", "-in", "leaf.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-days", "10",
                     "-extfile", "ext", "-out", "leaf.crt", *words)
        return "leaf.crt"

    def check(self, key: str, certificate: str = "leaf.crt", ca: str = "ca.crt") -> subprocess.CompletedProcess[str]:
        (self.folder / key).chmod(0o600)
        return self.ca("check", "--certificate", certificate, "--key", key, "--ca", ca)

    def assert_refused(self, finished: subprocess.CompletedProcess[str], *expected: str) -> None:
        self.assertEqual(finished.returncode, 1, finished.stdout)
        for words in expected:
            self.assertIn(words, finished.stderr)

    def test_keys_of_every_sort_and_form_are_read(self) -> None:
        made = {
            "p256": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
            "p384": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
            "ed25519": ("-algorithm", "ED25519"),
        }
        for bits in (2048, 3072, 4096):
            made[f"rsa{bits}"] = ("-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")
        for name, words in made.items():
            self.openssl("genpkey", *words, "-out", f"{name}.key")
            self.leaf(f"{name}.key")
            with self.subTest(name, form="PKCS #8"):
                self.assertIn("BEGIN PRIVATE KEY", (self.folder / f"{name}.key").read_text())
                self.assertEqual(self.check(f"{name}.key").stderr, "")
            if name != "ed25519":
                with self.subTest(name, form="traditional"):
                    self.openssl("pkey", "-in", f"{name}.key", "-traditional", "-out", f"{name}.old")
                    label = "BEGIN RSA PRIVATE KEY" if name.startswith("rsa") else "BEGIN EC PRIVATE KEY"
                    self.assertIn(label, (self.folder / f"{name}.old").read_text())
                    self.assertEqual(self.check(f"{name}.old").stderr, "")
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", "with-parameters.key")
        self.leaf("with-parameters.key")
        self.assertEqual(self.check("with-parameters.key").stderr, "")

    def test_rsa_and_intermediate_authorities_are_believed(self) -> None:
        self.openssl("genrsa", "-out", "rsa.key", "2048")
        self.root("rsa", "-key", "rsa.key", "-sha384")
        self.leaf("ca.key", ca="rsa")
        self.assertEqual(self.check("ca.key", ca="rsa.crt").stderr, "")
        self.openssl("genpkey", "-algorithm", "ED25519", "-out", "middle.key")
        self.leaf("middle.key", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=hash")
        (self.folder / "leaf.crt").rename(self.folder / "middle.crt")
        self.openssl("genpkey", "-algorithm", "ED25519", "-out", "low.key")
        self.leaf("low.key", ca="middle")
        both = (self.folder / "leaf.crt").read_text() + (self.folder / "middle.crt").read_text()
        self.assert_refused(self.check("low.key"), "issued by another authority")
        self.assertEqual(self.check("low.key", self.write("chain.crt", both)).stderr, "")

    def test_encrypted_keys_are_refused_for_what_they_are(self) -> None:
        self.leaf("ca.key")
        self.openssl("pkcs8", "-topk8", "-in", "ca.key", "-passout", "pass:x", "-out", "new.key")
        self.openssl("ec", "-in", "ca.key", "-aes128", "-passout", "pass:x", "-out", "old.key")
        for key in ("new.key", "old.key"):
            self.assert_refused(self.check(key), f"'{key}'", "the key is encrypted", "openssl pkey")

    def test_weak_and_strange_keys_are_refused(self) -> None:
        self.leaf("ca.key")
        for name, words, expected in (
            ("rsa1024", ("genrsa", "1024"), "RSA of 1024 bits"),
            ("rsa4608", ("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4608"), "more than 4096"),
            ("p521", ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"), "not one of P-256"),
            ("ed448", ("genpkey", "-algorithm", "ED448"), "not one of P-256"),
        ):
            self.write(f"{name}.key", self.openssl(*words))
            self.assert_refused(self.check(f"{name}.key"), f"'{name}.key'", expected)

    def test_what_is_wrong_with_a_certificate_is_said(self) -> None:
        good = f"subjectAltName=URI:{IDENTITY}"
        both = "extendedKeyUsage=serverAuth,clientAuth"
        for extensions, words, expected in (
            (f"{good}\n{both}", ("-sha1",), "too weak"),
            (f"{good}\nextendedKeyUsage=clientAuth", (), "made for clients only"),
            (f"{good}\nextendedKeyUsage=serverAuth", (), "made for servers only"),
            (good, (), "made for neither"),
            (both, (), "it has no URI"),
            (f"{good},URI:spiffe://mesh/acme/hub/x\n{both}", (), "2 URIs"),
            (f"subjectAltName=URI:https://example.org\n{both}", (), "begins with 'spiffe://mesh/'"),
            (f"{good}\n{both}\n1.2.3.4=critical,ASN1:NULL", (), "critical extension"),
        ):
            with self.subTest(expected):
                self.leaf("ca.key", extensions, *words)
                self.assert_refused(self.check("ca.key"), "'leaf.crt'", expected)

    def test_a_node_cannot_sign_for_others(self) -> None:
        self.openssl("genpkey", "-algorithm", "ED25519", "-out", "node.key")
        self.leaf("node.key")
        (self.folder / "leaf.crt").rename(self.folder / "node.crt")
        self.openssl("genpkey", "-algorithm", "ED25519", "-out", "low.key")
        self.leaf("low.key", ca="node")
        chain = (self.folder / "leaf.crt").read_text() + (self.folder / "node.crt").read_text()
        self.assert_refused(self.check("low.key", self.write("chain.crt", chain)), "which is no authority")

    def test_files_that_are_not_what_they_should_be_are_named(self) -> None:
        self.leaf("ca.key")
        self.openssl("x509", "-in", "leaf.crt", "-outform", "DER", "-out", "leaf.der")
        text = (self.folder / "leaf.crt").read_text()
        for certificate, expected in (
            ("leaf.der", "it is DER"),
            (self.write("cut", text[:200]), "cut short"),
            (self.write("spoiled", text.replace("MII", "M!I")), "something else than base64"),
            ("leaf.csr", "it holds no certificate, but 'CERTIFICATE REQUEST'"),
            ("ca.key", "it holds no certificate, but 'EC PRIVATE KEY'"),
            (".", "is not a file"),
        ):
            self.assert_refused(self.check("ca.key", certificate), f"'{certificate}'", expected)
        self.openssl("genpkey", "-algorithm", "ED25519", "-out", "other.key")
        self.assert_refused(self.check("other.key"), "'leaf.crt'", "the key is not the one")
        self.assert_refused(self.check("ca.key", ca="leaf.crt"), "'leaf.crt'", "not an authority's")
        (self.folder / "ca.key").chmod(0o644)
        finished = self.ca("check", "--certificate", "leaf.crt", "--key", "ca.key", "--ca", "ca.crt")
        self.assert_refused(finished, "mode 644", "chmod 600 'ca.key'")

    def test_a_request_of_openssl_is_certified_under_our_names(self) -> None:
        self.done("init")
        words = ("issue", "--role", "edge", "--tenant", "acme", "--id", "laptop", "--csr")
        for number, key in enumerate(("ED25519", "RSA")):
            self.openssl("req", "-new", "-newkey", key, "-nodes", "-keyout", "l.key", "-out", "l.csr", "-subj",
                         "/CN=root", "-addext", "subjectAltName=DNS:evil.example",
                         "-addext", "basicConstraints=critical,CA:TRUE")
            self.done(*words, "l.csr", "--out", f"out-{number}")
            shown = json.loads(self.done("show", "--json", f"out-{number}/node.pem"))[0]
            self.assertEqual((shown["subject"], shown["dns"], shown["kind"]), ("CN=laptop,O=acme", [], "edge"))
            self.assertFalse((self.folder / f"out-{number}/node-key.pem").exists())
            finished = self.ca("check", f"out-{number}", "--key", "l.key")
            self.assertEqual(finished.stderr, "")

    def test_requests_that_lie_are_refused(self) -> None:
        self.done("init")
        words = ("issue", "--role", "edge", "--tenant", "acme", "--id", "laptop", "--csr")
        self.openssl("req", "-new", "-newkey", "ED25519", "-nodes", "-keyout", "l.key", "-out", "l.csr",
                     "-subj", "/CN=x", "-addext", "subjectAltName=URI:spiffe://mesh/acme/hub/hub-1")
        self.assert_refused(self.ca(*words, "l.csr"), f"asks for '{IDENTITY}'")
        self.openssl("req", "-in", "l.csr", "-outform", "DER", "-out", "l.der")
        der = bytearray((self.folder / "l.der").read_bytes())
        der[-1] ^= 1
        (self.folder / "l.der").write_bytes(der)
        self.openssl("req", "-in", "l.der", "-inform", "DER", "-out", "forged.csr")
        self.assert_refused(self.ca(*words, "forged.csr"), "'forged.csr'", "not signed by its own key")
        self.assertFalse((self.folder / "laptop").exists())


if __name__ == "__main__":
    unittest.main()
