"""A backup MX: it asks the better one whom it knows, keeps mail while that one is away, and brings it there later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import ports
from tests.support.bind9 import Named
from tests.support.node import Node

BACKUP, BETTER = "127.0.0.2", "127.0.0.3"
ZONE = f"""$TTL 60
@ IN SOA ns.b.test. h.b.test. 1 60 60 60 60
@ NS ns
@ MX 10 mail
@ MX 20 backup
ns A 127.0.0.1
mail A {BETTER}
backup A {BACKUP}
"""


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    """The backup, which serves, and the better one, which does not yet."""
    folder, port = tmp_path_factory.mktemp("nodes"), ports.free()
    with Named({"b.test": ZONE, "c.test": ZONE}) as dns:
        made = []
        for name, host in (("backup", BACKUP), ("mail", BETTER)):
            (folder / name).mkdir()
            settings = {"nameservers": dns.address, "relay_port": str(port)}
            settings |= {"relay_domains": "b.test"} if name == "backup" else {}
            node = Node(folder / name, host, f"{name}.b.test", web=False, **settings)
            node.move("smtp", port)
            made.append(node)
        backup, better = made
        backup.init().start()
        better.init("b.test").add_user("bert@b.test")
        try:
            yield backup, better
        finally:
            for node in made:
                if node.process is not None:
                    node.kill()


def taken(node: Node, recipient: str, subject: str = "") -> int:
    """The code of the last answer to a report for this recipient."""
    with node.smtp() as client:
        client.ehlo("mx.example.org")
        client.mail("")
        code, _ = client.rcpt(recipient)
        return client.data(f"Subject: {subject}\r\n\r\nText\r\n".encode())[0] if code == 250 else code


def test_mail_waits_for_the_better_one_and_goes_there(nodes: tuple[Node, Node]) -> None:
    backup, better = nodes
    assert taken(backup, "bert@b.test", "kept meanwhile") == 250
    assert taken(backup, "nobody@c.test") == 554
    ports.until(lambda: "not now, it will be tried again" in backup.cli("history", "--address", "bert@b.test"))
    better.start()
    backup.cli("queue", "retry")
    [raw] = better.wait_for("bert@b.test")
    assert b"Subject: kept meanwhile" in raw
    assert b"by backup.b.test with ESMTP" in raw
    assert taken(backup, "anybody-else@b.test") == 550
    assert taken(backup, "bert@b.test", "at once") == 250
    assert any(b"Subject: at once" in one for one in better.wait_for("bert@b.test", 2))
