"""Counting connections by address."""

from mailnode.smtpd.connections import Connections


def test_counts_up_and_down() -> None:
    connections = Connections(1)
    assert connections.enter("192.0.2.1")
    assert not connections.enter("192.0.2.1")
    assert connections.enter("192.0.2.2")
    connections.leave("192.0.2.1")
    connections.leave("192.0.2.1")
    assert connections.enter("192.0.2.1")


def test_ipv6_customers_are_one_network() -> None:
    connections = Connections(1)
    assert connections.enter("2001:db8::1")
    assert not connections.enter("2001:db8::2")
    assert connections.enter("2001:db8:0:1::1")
    assert connections.enter("::ffff:192.0.2.1")
    assert not connections.enter("192.0.2.1")
    assert connections.enter("not:an:address")


def test_leaving_more_often_than_entering_is_harmless() -> None:
    connections = Connections(1)
    connections.leave("192.0.2.1")
    assert connections.enter("192.0.2.1")
