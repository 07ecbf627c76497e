"""Zone files, judged by BIND's own named-checkzone."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.zone.plan import Plan
from mailnode.zone.zone_file import ZoneFile, reverse_zone_of, reverse_zones, serial, txt_strings, zone_file
from tests.support import needs
from tests.unit.zone.zones import NOW, PLAN


def checked(zone: ZoneFile, folder: Path) -> str:
    """named-checkzone's judgement; warnings are failures too."""
    path = folder / "zone"
    path.write_text(zone.text, encoding="ascii")
    command = [needs.program("named-checkzone"), "-i", "full-sibling", "-n", "fail", "-m", "fail", zone.name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        replace(PLAN, hostname="mx.provider.example"),
        replace(PLAN, hostname="example.com"),
        replace(PLAN, domain="xn--bcher-kva.example", hostname="mail.xn--bcher-kva.example", smarthost="192.0.2.9"),
        replace(PLAN, addresses=("127.0.0.2",), keys=(), ports=(), smarthost="relay.example.net"),
    ],
)
def test_named_accepts_the_zone(plan: Plan, tmp_path: Path) -> None:
    assert f"loaded serial {serial(NOW)}" in checked(zone_file(plan, NOW), tmp_path)


def test_named_accepts_the_reverse_zones(tmp_path: Path) -> None:
    zones = reverse_zones(PLAN, NOW)
    assert [zone.name for zone in zones] == ["2.0.192.in-addr.arpa", "0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"]
    for zone in zones:
        assert "OK" in checked(zone, tmp_path)
        assert "PTR mail.example.com." in zone.text


def test_addresses_of_one_net_share_a_reverse_zone() -> None:
    [zone] = reverse_zones(replace(PLAN, addresses=("192.0.2.1", "192.0.2.2")), NOW)
    assert zone.text.count(" PTR ") == 2
    assert reverse_zone_of("192.0.2.77") == zone.name


def test_records_of_other_zones_are_comments() -> None:
    text = zone_file(replace(PLAN, hostname="mx.provider.example"), NOW).text
    assert "; mx.provider.example. 3600 IN A 192.0.2.1" in text
    assert "@ 3600 IN MX 10 mx.provider.example." in text


def test_long_texts_are_split() -> None:
    value = PLAN.keys[0].value
    parts = txt_strings(value).split('" "')
    assert [len(part.strip('"')) <= 255 for part in parts] == [True] * len(parts)
    assert "".join(part.strip('"') for part in parts) == value


@given(st.text(max_size=600))
def test_any_text_becomes_printable(text: str) -> None:
    assert txt_strings(text).isascii()
    assert "\n" not in txt_strings(text)


def test_a_later_file_has_a_larger_serial() -> None:
    moments = [datetime(2026, 12, 31, tzinfo=UTC) + timedelta(minutes=15 * n) for n in range(200)]
    serials = [serial(moment) for moment in moments]
    assert serials == sorted(set(serials))
    assert max(serials) < 2**32
