"""Health, metrics and what a client knows before log-in."""

from __future__ import annotations

import mailnode
from mailnode.tally import FOLDER, NOW, Tally
from tests.support.site import Site, mail

FAR = {"REMOTE_ADDR": "203.0.113.1"}


def test_health_is_told_to_anybody(both: Site) -> None:
    assert both.nobody.get("health").json == {"status": "ok", "version": mailnode.__version__}


def test_a_client_learns_the_limits(site: Site) -> None:
    found = site.nobody.get("server").json
    assert found["upload_size_limit"] == found["message_size_limit"] * 3 // 4
    assert found["registration"] is False


def test_metrics_are_for_the_machine_and_for_system_administrators(both: Site) -> None:
    both.deliver("anna", mail())
    assert b"mailnode_messages 1.0" in both.nobody.get("metrics").data
    assert both.nobody.get("metrics", environ_overrides=FAR).status_code == 401
    assert both.nobody.get("metrics", headers={"X-Forwarded-For": "203.0.113.1"}).status_code == 401
    assert both.anna.get("metrics", environ_overrides=FAR).status_code == 403
    assert both.root.get("metrics", environ_overrides=FAR).status_code == 200


def test_metrics_tell_what_the_processes_of_the_machine_have_counted(site: Site) -> None:
    counts = Tally(site.store.settings.data_dir / FOLDER)
    counts.add("mx refused", 3)
    counts.add("imap", 7)
    counts.put(f"{NOW}imap", 2)
    shown = site.nobody.get("metrics").text
    assert 'mailnode_events_total{event="refused",station="mx"} 3.0' in shown
    assert 'mailnode_connections_total{door="imap"} 7.0' in shown
    assert 'mailnode_open_connections{door="imap"} 2.0' in shown
    assert "mailnode_queue_oldest_seconds 0.0" in shown
