"""What a client's address tells a door."""

import pytest

from mailnode.peers import Connections, is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "", "localhost", "127.0.0.1:25"])
def test_anybody_else(address: str) -> None:
    assert not is_loopback(address)


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
