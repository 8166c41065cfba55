"""Refuses to be imported by a second interpreter of the process, before anything else is."""

from __future__ import annotations

from ._framing import _claim

_claim()
