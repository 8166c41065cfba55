"""Hostile peers: nothing is lost and nothing leaks, and good clients beside them are served."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"), pytest.mark.slow]

PROGRAM = Path(__file__).parents[2] / "benches" / "hostile.py"

STALLED = ("claims", "parts", "drips")
"""Attacks that only `frame_timeout` ends."""

ATTACKS = ("silent", *STALLED, "empty_frames", "one_byte_frames", "bad_headers", "unread", "resets")

TRIALS = [
    *(("threaded", attack) for attack in ATTACKS),
    *(("asyncio", attack) for attack in ATTACKS),
    *(("selecting", attack) for attack in ("silent", "claims", "drips")),
]

Rows = dict[tuple[str, str], dict[str, dict[str, Any]]]
"""By server and attack, then by what they tell."""

every_trial = pytest.mark.parametrize("trial", TRIALS, ids=" ".join)


@pytest.fixture(scope="module")
def rows() -> Rows:
    """What all trials have found, side by side."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--quick", "--json"], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: Rows = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        trial, what = row["workload"].split(": ")
        server, attack = trial.split(", ")
        found.setdefault((server, attack.split()[1]), {})[what] = row
    assert sorted(found) == sorted(TRIALS)
    return found


@every_trial
def test_good_clients_get_every_reply_right(rows: Rows, trial: tuple[str, str]) -> None:
    replies = rows[trial]["wrong replies"]
    # Eight that stay, and newcomers.
    assert replies["theirs"] > 8
    assert replies["ours"] == 0


@every_trial
def test_every_hostile_connection_ends_as_it_should(rows: Rows, trial: tuple[str, str]) -> None:
    """For the peer and for the server: floods are answered to the last byte, the others refused or given up."""
    assert rows[trial]["not ended"]["ours"] == 0
    assert rows[trial]["ended otherwise"]["ours"] == 0


@pytest.mark.parametrize("attack", STALLED)
@pytest.mark.parametrize("server", ["threaded", "asyncio"])
def test_no_peer_is_given_up_before_its_time(rows: Rows, server: str, attack: str) -> None:
    assert rows[server, attack]["ended, soonest"]["ratio"] >= 1


@every_trial
def test_memory_follows_what_has_arrived_and_not_what_was_claimed(
    rows: Rows, trial: tuple[str, str]
) -> None:
    each = rows[trial]["memory, peak, each"]
    assert each["ours"] <= each["theirs"]


@pytest.mark.parametrize("server", ["threaded", "asyncio", "selecting"])
def test_a_claim_costs_far_less_than_the_memory_a_frame_begins_with(rows: Rows, server: str) -> None:
    assert rows[server, "claims"]["memory, peak, each"]["ours"] < 56 * 1024


@every_trial
def test_no_memory_is_left(rows: Rows, trial: tuple[str, str]) -> None:
    for left in rows[trial]["memory, left"], rows[trial]["memory, left again"]:
        assert left["ours"] <= left["theirs"]


@every_trial
def test_no_descriptor_and_no_thread_is_left(rows: Rows, trial: tuple[str, str]) -> None:
    assert rows[trial]["descriptors left"]["ours"] == 0
    assert rows[trial]["threads left"]["ours"] == 0
