"""The profile's own certificate for the loopback callback: made once, renewed yearly, kept sealed.

A browser remembers an exception for one certificate, so it has to stay the same between sign-ins.
It is never put into a trust store. Certificate and key are sealed together, so that a crash cannot
leave a certificate with another one's key; ``certificate_file`` is a public copy for the careful
user. It must not know listeners or brokers.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from dataclasses import field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from brokerdesk.clock import Clock
from brokerdesk.errors import SecretDamagedError, SecretMissingError, SecretStoreMissingError
from brokerdesk.facts import dataclass
from brokerdesk.paths import ProfilePaths, write_private
from brokerdesk.secrets import words
from brokerdesk.secrets.keyholder import StoreState, disk

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from cryptography.x509 import Certificate

ITEM = "loopback-key"
VALID_FOR = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)
_STARTED_AGO = timedelta(hours=1)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCertificate:
    """PEM texts, and the SHA-256 of the certificate in hex pairs as browsers show it."""

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)
    fingerprint: str


class _Items(Protocol):
    @property
    def state(self) -> StoreState: ...

    def lock(self, name: str) -> AbstractAsyncContextManager[None]: ...

    async def read_item(self, name: str) -> bytes | None: ...

    async def write_item(self, name: str, data: bytes) -> None: ...


class CertificateKeeper:
    """Gives out one certificate per profile. In a session-only store it lives in memory."""

    def __init__(self, store: _Items, paths: ProfilePaths, clock: Clock) -> None:
        self._store = store
        self._paths = paths
        self._clock = clock

    async def loopback(self) -> SealedCertificate:
        """The profile's certificate, made or renewed when needed.

        It is renewed when fewer than 30 days are left, when it is not valid yet (a clock that was
        wrong on the day it was made), and when what is sealed does not open any more.

        Raises:
            SecretStoreError: the key cannot be read or kept, such as a locked keychain.
        """
        async with self._store.lock(ITEM):
            kept = await self._kept()
            if kept is not None and usable_at(kept, self._clock.now()):
                found = kept
            else:
                now = self._clock.now()
                found = await disk(lambda: make_certificate(now))
                await self._store.write_item(ITEM, _packed(found))
            if self._store.state is not StoreState.SESSION_ONLY:
                await disk(lambda: self._publish(found.certificate_pem))
        return found

    async def _kept(self) -> SealedCertificate | None:
        try:
            data = await self._store.read_item(ITEM)
        except (SecretDamagedError, SecretMissingError, SecretStoreMissingError) as error:
            # Unlike a sign-in it can be made again at once; the browser asks once more.
            _log.info("the loopback certificate is made anew: %s", error.title)
            return None
        if data is None:
            return None
        try:
            raw = json.loads(data)
            return await disk(
                lambda: _whole(raw["certificate"].encode("ascii"), raw["key"].encode("ascii"))
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            _log.info("the loopback certificate is made anew: it cannot be understood")
            return None

    def _publish(self, certificate_pem: bytes) -> None:
        path = self._paths.certificate_file
        try:
            if path.exists() and path.read_bytes() == certificate_pem:
                return
            write_private(path, certificate_pem)
        except OSError as error:
            raise words.disk(error) from error


def make_certificate(now: datetime) -> SealedCertificate:
    """A self-signed EC P-256 certificate for 127.0.0.1 and localhost, valid for a year.

    It begins an hour early, so that a clock which is set back a little does not unmake it.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BrokerDesk on this computer")])
    start = now - _STARTED_AGO
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),  # it is sealed as a whole before it is kept
    )
    return SealedCertificate(
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM),
        key_pem=key_pem,
        fingerprint=_fingerprint(certificate),
    )


def usable_at(kept: SealedCertificate, now: datetime) -> bool:
    """Whether it is valid at ``now`` and for 30 days more."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(kept.certificate_pem)
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return begins <= now and now + RENEW_BEFORE <= ends


def _whole(certificate_pem: bytes, key_pem: bytes) -> SealedCertificate:
    """Both halves, checked against each other.

    Raises:
        ValueError: they do not belong together or are not PEM.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    certificate = x509.load_pem_x509_certificate(certificate_pem)
    if load_pem_private_key(key_pem, None).public_key() != certificate.public_key():
        raise ValueError("another certificate's key")
    return SealedCertificate(
        certificate_pem=certificate_pem, key_pem=key_pem, fingerprint=_fingerprint(certificate)
    )


def _packed(made: SealedCertificate) -> bytes:
    texts = {"certificate": made.certificate_pem.decode("ascii"), "key": made.key_pem.decode()}
    return json.dumps(texts).encode("ascii")


def _fingerprint(certificate: Certificate) -> str:
    from cryptography.hazmat.primitives import hashes

    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
