"""`mailnode init`."""

from __future__ import annotations

from argparse import Namespace

from mailnode.cli.language import Text
from mailnode.node import installation
from mailnode.settings import Settings

READY = Text("Mailnode is ready in {folder}", "Mailnode 已在 {folder} 中就绪")
CERTIFICATE = Text("Made a self-signed certificate for {host}", "已为 {host} 创建自签名证书")


def init(chosen: Namespace) -> None:
    settings = Settings.load()
    made = installation.make(settings)
    if made.certificate:
        print(CERTIFICATE(host=settings.hostname))
    print(READY(folder=made.data_dir))
