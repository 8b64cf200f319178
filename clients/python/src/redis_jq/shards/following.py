"""Where a reader of the events of all shards is. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from ..following import Following
from .layout import Shards

_UNREAD = "-"


class FollowingAll:
    """A `Following` for each shard. `new` makes one from the key of a shard and its position."""

    def __init__(self, shards: Shards, after: str | None, new: Callable[[str, str | None], Following]) -> None:
        self._shards = shards
        self._after = after.split(",") if after else []
        self._new = new
        self._each: list[Following] = []

    def begun(self, count: int) -> list[Following]:
        """The shards that are new if there are `count` of them."""
        numbers = range(len(self._each), max(count, len(self._after) if self._after != ["$"] else 0))
        added = [self._new(self._shards.key(number), self._position_of(number)) for number in numbers]
        self._each += added
        return added

    def _position_of(self, number: int) -> str | None:
        if self._after == ["$"]:
            return "$" if number < self._shards.count else None
        position = self._after[number] if number < len(self._after) else _UNREAD
        return None if position == _UNREAD else position

    @property
    def position(self) -> str | None:
        """The position of each shard, the first one first; None before anything was read."""
        if not self._each:
            return ",".join(self._after) or None
        return ",".join(following.position or _UNREAD for following in self._each)

    @property
    def missed(self) -> int:
        """How many events could not be given."""
        return sum(following.missed for following in self._each)
