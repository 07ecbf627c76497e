"""What a client's address tells a door."""

from ipaddress import ip_network

import pytest

from mailnode.peers import Connections, is_loopback, is_within


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


@pytest.mark.parametrize(
    ("address", "neighbour", "stranger"),
    [("192.0.2.1", "192.0.2.200", "192.0.3.1"), ("2001:db8:1:2::1", "2001:db8:1:ffff::1", "2001:db8:2::1")],
)
def test_a_network_has_a_limit_of_its_own(address: str, neighbour: str, stranger: str) -> None:
    connections = Connections(10, of_network=1)
    assert connections.enter(address)
    assert not connections.enter(neighbour)
    assert connections.enter(stranger)
    connections.leave(address)
    connections.leave(neighbour)
    assert connections.enter(neighbour)


def test_this_machine_is_no_network() -> None:
    connections = Connections(10, of_network=1)
    assert all(connections.enter(f"127.0.0.{number}") for number in range(1, 5))


@pytest.mark.parametrize(
    ("address", "inside"),
    [("192.0.2.1", True), ("::ffff:192.0.2.1", True), ("192.0.3.1", False), ("2001:db8::1", False), ("", False)],
)
def test_networks_hold_addresses(address: str, inside: bool) -> None:
    assert is_within(address, (ip_network("192.0.2.0/24"),)) is inside
