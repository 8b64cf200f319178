"""What a handler gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .runs import Run
from .values import Codec, Record, decoded


class JobData:
    """A claimed job, as it was when it was claimed."""

    def __init__(self, run: Run, codec: Codec) -> None:
        self.queue = run.queue
        """The queue it comes from."""
        self.record: Record = run.record
        """All that the server says of it, under the names of the manual; payload and progress as bytes."""
        self.payload: Any = run.record.get("payload", b"")
        """What was added, read by the codec of the worker (the bytes where it cannot)."""
        self._run = run
        self._codec = codec

    def _read(self) -> Exception | None:
        """Reads the payload: why it cannot be read, if so. No handler gets such a job."""
        try:
            self.payload = self._codec.decode(self.payload)
        except Exception as error:  # whatever a codec raises, the worker goes on
            return error
        return None

    @property
    def id(self) -> str:
        """The id of the job."""
        return self._run.id

    @property
    def token(self) -> int:
        """The number of this claim, which grows from claim to claim: a fencing token for your own database."""
        return self._run.token

    @property
    def attempt(self) -> int:
        """Which run this is: 1, 2, 3 …"""
        return int(self.record["attempt"])

    @property
    def failures_left(self) -> int:
        """How many failures the job survives; 0 if the next one is for good."""
        return int(self.record.get("failures-left", 0))

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields of the job (SET on ADD), such as a traceparent."""
        fields: Mapping[str, str] = self.record.get("fields", {})
        return fields

    @property
    def checkpoint(self) -> Any:
        """The progress that an earlier run has left; None if there is none."""
        return decoded(self.record.get("progress"), self._codec)

    @property
    def stop_reason(self) -> str | None:
        """Why the handler is to stop: `cancelled`, `lost` or `stopped`; None if it is not."""
        return self._run.stop_reason

    def __repr__(self) -> str:
        return f"<job {self.id!r} of {self.queue!r}, attempt {self.attempt}>"
