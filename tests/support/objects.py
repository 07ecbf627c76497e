"""An S3-compatible object store on a free port, in this process: moto's server."""

from __future__ import annotations

from types import TracebackType

import boto3  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

from tests.support import ports

BUCKET = "mailnode"


class ObjectStore:
    """``with ObjectStore() as objects: Node(..., blob_url="s3://mailnode/blobs", environment=objects.environment)``."""

    def __init__(self) -> None:
        self._port = ports.free()
        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._port}",
            "AWS_ACCESS_KEY_ID": "mailnode",
            "AWS_SECRET_ACCESS_KEY": "not-secret",
            "AWS_REGION": "us-east-1",
        }

    def __enter__(self) -> ObjectStore:
        self._server.start()
        self.client = boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_REGION"],
        )
        self.client.create_bucket(Bucket=BUCKET)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.stop()

    def names(self) -> list[str]:
        return [row["Key"] for row in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
