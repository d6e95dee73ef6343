"""Certificates as section 9 of docs/protocol.md wants them, and such as it refuses."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Node:
    """The files of one node, by the names that `meshnode ca issue` gives them."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "node.pem"

    @property
    def key(self) -> Path:
        return self.folder / "node-key.pem"

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"


class Authority:
    """A private authority in a folder of a test."""

    def __init__(self, folder: Path, name: str = "the authority of a test") -> None:
        self.folder = folder
        folder.mkdir()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = named(name)
        self.now = datetime.datetime.now(datetime.timezone.utc)
        builder = self._draft(self._name, self._key, -30 * DAY, 30 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(key_usage(is_authority=True), critical=True)
        self.certificate = builder.sign(self._key, hashes.SHA256())

    def _draft(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime.timedelta, end: datetime.timedelta,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + start).not_valid_after(self.now + end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )

    def issue(
        self, role: str, node: str, *, start: datetime.timedelta = -DAY, end: datetime.timedelta = DAY,
        usages: list[x509.ObjectIdentifier] | None = None, believed: Authority | None = None,
    ) -> Node:
        """A node's folder; it believes `believed`, or this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(f"spiffe://mesh/acme/{role}/{node}")]
        if role == "hub":
            names.append(x509.DNSName("localhost"))
        standard = [CLIENT, SERVER] if role == "hub" else [CLIENT]
        builder = self._draft(named(node), key, start, end)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(key_usage(is_authority=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages or standard), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        result = Node(self.folder / f"{node}-{certificate.serial_number}")
        result.folder.mkdir()
        pem = serialization.Encoding.PEM
        result.certificate.write_bytes(certificate.public_bytes(pem))
        result.authority.write_bytes((believed or self).certificate.public_bytes(pem))
        result.key.touch(mode=0o600)
        result.key.write_bytes(key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return result
