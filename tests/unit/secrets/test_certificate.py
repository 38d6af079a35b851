"""The loopback certificate: one per profile, renewed in time, its key never in the open."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import os
import ssl
import stat
from datetime import timedelta
from pathlib import Path

import keyring.errors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from support.clock import FakeClock
from support.secrets import CHEAP, FakeKeyring, LockedKeyring, files_under, profile, store_with

from brokerdesk.errors import SecretStoreError, SecretStoreLockedError
from brokerdesk.paths import ProfilePaths
from brokerdesk.secrets import CertificateKeeper, Store, StoreState
from brokerdesk.secrets.certificate import SealedCertificate, make_certificate

DAY = 86_400.0


@pytest.fixture
def place(tmp_path: Path) -> ProfilePaths:
    return profile(tmp_path)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def backend() -> FakeKeyring:
    return FakeKeyring()


@pytest.fixture
def store(place: ProfilePaths, backend: FakeKeyring) -> Store:
    return store_with(place, backend)


@pytest.fixture
def keeper(store: Store, place: ProfilePaths, clock: FakeClock) -> CertificateKeeper:
    return CertificateKeeper(store, place, clock)


def parsed(made: SealedCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate_pem)


async def test_what_the_certificate_says(keeper: CertificateKeeper, clock: FakeClock) -> None:
    certificate = parsed(await keeper.loopback())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca is False
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert certificate.issuer == certificate.subject
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    assert begins <= clock.now() < ends
    assert ends - begins <= timedelta(days=365)


async def test_the_fingerprint_is_what_a_browser_shows(keeper: CertificateKeeper) -> None:
    made = await keeper.loopback()
    der = ssl.PEM_cert_to_DER_cert(made.certificate_pem.decode())
    digest = hashlib.sha256(der).hexdigest().upper()
    assert made.fingerprint == ":".join(digest[i : i + 2] for i in range(0, 64, 2))


async def test_a_browser_that_trusts_it_can_talk_to_us(
    keeper: CertificateKeeper, tmp_path: Path
) -> None:
    made = await keeper.loopback()
    both = tmp_path / "both.pem"
    both.write_bytes(made.certificate_pem + made.key_pem)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(both)
    trusting = ssl.create_default_context(cadata=made.certificate_pem.decode())
    # The fake clock need not agree with the computer's, whose time TLS uses.
    trusting.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME
    for name in ("127.0.0.1", "localhost"):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trusting.wrap_bio(incoming, outgoing, server_hostname=name)
        server = serving.wrap_bio(outgoing, incoming, server_side=True)
        shake(client, server)
        assert client.getpeercert(binary_form=True)


def shake(client: ssl.SSLObject, server: ssl.SSLObject) -> None:
    for _ in range(10):
        waiting = 0
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                waiting += 1
        if not waiting:
            return
    pytest.fail("no handshake")


async def test_it_stays_the_same_between_sign_ins_and_starts(
    place: ProfilePaths, backend: FakeKeyring, keeper: CertificateKeeper, clock: FakeClock
) -> None:
    first = await keeper.loopback()
    assert await keeper.loopback() == first
    await clock.advance(200 * DAY)
    later = CertificateKeeper(store_with(place, backend), place, clock)
    assert await later.loopback() == first
    assert place.certificate_file.read_bytes() == first.certificate_pem


async def test_many_sign_ins_at_once_get_the_same(
    place: ProfilePaths, backend: FakeKeyring, clock: FakeClock
) -> None:
    keepers = [CertificateKeeper(store_with(place, backend), place, clock) for _ in range(5)]
    made = await asyncio.gather(*(keeper.loopback() for keeper in keepers for _ in range(3)))
    assert len({each.fingerprint for each in made}) == 1


@pytest.mark.parametrize(("days", "renewed"), [(334.9, False), (335.1, True), (400, True)])
async def test_it_is_renewed_when_fewer_than_thirty_days_are_left(
    keeper: CertificateKeeper,
    place: ProfilePaths,
    clock: FakeClock,
    days: float,
    renewed: bool,
) -> None:
    first = await keeper.loopback()
    await clock.advance(days * DAY)
    later = await keeper.loopback()
    assert (later != first) is renewed
    assert place.certificate_file.read_bytes() == later.certificate_pem
    assert parsed(later).not_valid_after_utc >= clock.now() + timedelta(days=29)


@pytest.mark.parametrize(("hours", "renewed"), [(-0.5, False), (-2, True), (-24 * 365 * 30, True)])
async def test_it_is_renewed_when_it_is_not_valid_yet(
    keeper: CertificateKeeper, clock: FakeClock, hours: float, renewed: bool
) -> None:
    first = await keeper.loopback()
    clock.jump(hours * 3600)
    later = await keeper.loopback()
    assert (later != first) is renewed
    assert parsed(later).not_valid_before_utc <= clock.now()


async def test_its_key_lies_nowhere_in_the_open(
    keeper: CertificateKeeper, place: ProfilePaths, backend: FakeKeyring
) -> None:
    made = await keeper.loopback()
    key_lines = [line for line in made.key_pem.splitlines() if b"-----" not in line]
    everything = b"".join(files_under(place.root).values())
    assert b"PRIVATE" not in everything
    for line in key_lines:
        assert line not in everything
    assert all("PRIVATE" not in entry for entry in backend.entries.values())
    assert made.key_pem.decode() not in repr(made)
    assert b"PRIVATE" in made.key_pem
    if os.name != "nt":
        assert stat.S_IMODE(place.certificate_file.stat().st_mode) == 0o600


class NoKeyring(FakeKeyring):
    def _called(self, what: str) -> None:
        raise keyring.errors.NoKeyringError("none")


async def test_in_a_session_only_store_it_lives_in_memory(
    place: ProfilePaths, clock: FakeClock
) -> None:
    store = store_with(place, NoKeyring())
    keeper = CertificateKeeper(store, place, clock)
    first = await keeper.loopback()
    assert store.state is StoreState.SESSION_ONLY
    assert await keeper.loopback() == first
    assert not [name for name in files_under(place.root) if not name.endswith(".lock")]
    # A vault made now takes it in: the browser's exception stays good.
    await store.make_vault("correct horse", cost=CHEAP)
    assert await keeper.loopback() == first
    assert place.certificate_file.read_bytes() == first.certificate_pem


async def test_without_its_keychain_another_one_serves_the_session(
    place: ProfilePaths, keeper: CertificateKeeper, clock: FakeClock
) -> None:
    first = await keeper.loopback()
    before = files_under(place.root)
    session = CertificateKeeper(store_with(place, NoKeyring()), place, clock)
    other = await session.loopback()
    assert other.fingerprint != first.fingerprint
    assert files_under(place.root) == before


async def test_a_locked_keychain_is_told_and_nothing_is_made(
    place: ProfilePaths, keeper: CertificateKeeper, clock: FakeClock
) -> None:
    await keeper.loopback()
    before = files_under(place.root)
    locked = CertificateKeeper(store_with(place, LockedKeyring()), place, clock)
    with pytest.raises(SecretStoreLockedError):
        await locked.loopback()
    assert files_under(place.root) == before


@pytest.mark.parametrize("damage", ["sealed", "mismatch", "nonsense", "copy"])
async def test_damage_ends_in_a_new_or_mended_certificate(
    place: ProfilePaths,
    store: Store,
    keeper: CertificateKeeper,
    clock: FakeClock,
    damage: str,
) -> None:
    first = await keeper.loopback()
    if damage == "sealed":
        path = place.secrets_dir / "loopback-key.sealed"
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "mismatch":
        from brokerdesk.secrets.certificate import _packed

        other = make_certificate(clock.now())
        mixed = SealedCertificate(
            certificate_pem=first.certificate_pem, key_pem=other.key_pem, fingerprint=""
        )
        await store.write_item("loopback-key", _packed(mixed))
    elif damage == "nonsense":
        await store.write_item("loopback-key", b'{"certificate": 1}')
    else:
        place.certificate_file.write_bytes(b"not this one")
    later = await keeper.loopback()
    assert (later.fingerprint == first.fingerprint) == (damage == "copy")
    assert place.certificate_file.read_bytes() == later.certificate_pem
    assert await keeper.loopback() == later


async def test_a_full_disk_is_told(
    keeper: CertificateKeeper, place: ProfilePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SecretStoreError, match="disk is full"):
        await keeper.loopback()
    monkeypatch.undo()
    assert (await keeper.loopback()).fingerprint
