"""`mailnode serve`."""

from __future__ import annotations

from argparse import Namespace

from mailnode import certificates, log, tally
from mailnode.cli.language import Text
from mailnode.node import installation, plan, process
from mailnode.node.doors import WEB
from mailnode.node.supervisor import Places
from mailnode.settings import Settings

SERVING = Text("Mailnode serves {host}; Ctrl-C ends it", "Mailnode 正在为 {host} 服务；按 Ctrl-C 结束")


def serve(chosen: Namespace) -> int:
    settings = Settings.load()
    log.configure(settings.log_format, settings.log_level)
    if not process.succeeds("schema", lambda: _prepare(settings)):
        return 1
    tally.begin(settings.data_dir)

    def announce(places: Places) -> None:
        print(SERVING(host=settings.hostname))
        for name, listens in places.items():
            for listen in listens:
                print(f"  {name:12s} {f'{name}://{listen}/' if name in WEB else listen}")
        print(end="", flush=True)

    return plan.serve(settings, announce)


def _prepare(settings: Settings) -> None:
    """Raises BadSettings, here and once, for what would keep each process from starting."""
    installation.make(settings)
    certificates.context(settings)
