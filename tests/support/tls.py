"""TLS for tests: an authority that only they know, made anew in each run."""

from __future__ import annotations

import functools
import ssl

import trustme

HOSTS = ("localhost", "127.0.0.1", "::1")


def server_context(*hosts: str) -> ssl.SSLContext:
    """A server's, with a certificate for these hosts; without any, for those of the loopback."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certificate(*hosts or HOSTS).configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    """A client's, which trusts the authority and checks host names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _authority().configure_trust(context)
    return context


@functools.cache
def _certificate(*hosts: str) -> trustme.LeafCert:
    # A key is dear: one for all tests.
    return _authority().issue_cert(*hosts)


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA()
