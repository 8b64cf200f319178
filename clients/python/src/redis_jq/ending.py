"""How a worker ends: what all its parts know of it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Ending:
    """Whether a worker is to stop, and why."""

    is_asked: bool = False
    """It claims no more."""
    is_hurried: bool = False
    """It waits for no handler."""
    limit: float | None = None
    """Seconds that handlers have; None: as long as they take."""
    error: Exception | None = None
    """The error that ended it."""

    def ask(self, limit: float | None) -> None:
        """Stops, with so many seconds for handlers. Asked again, it waits for nothing."""
        self.is_hurried = self.is_asked
        self.is_asked = True
        self.limit = limit

    def fail(self, error: Exception) -> None:
        """Stops at once, because waiting does not help against `error`."""
        self.error = self.error or error
        self.is_asked = self.is_hurried = True
