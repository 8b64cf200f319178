"""On which of n shards an id is. The packages of all languages agree on it (clients/placement.json)."""

from __future__ import annotations

from hashlib import sha256


def shard_of(id: bytes, shards: int) -> int:
    """The number of the shard of an id, from 0 on. Of n + 1 shards it is the same as of n, or the new one."""
    return jump(int.from_bytes(sha256(counted(id)).digest()[:8], "big"), shards)


def counted(id: bytes) -> bytes:
    """What decides about an id: what stands between its first `{` and the first `}` behind that, else all of it.

    So ids with one tag are on one shard, by the rule that Redis Cluster has for keys.
    """
    _, _, after = id.partition(b"{")
    tag, end, _ = after.partition(b"}")
    return tag if end and tag else id


def jump(number: int, shards: int) -> int:
    """Jump consistent hash (Lamping and Veach, 2014) of a number of 64 bits."""
    at, next = -1, 0
    while next < shards:
        at = next
        number = (number * 2862933555777941757 + 1) & 0xFFFF_FFFF_FFFF_FFFF
        next = int((at + 1) * (float(1 << 31) / ((number >> 33) + 1)))
    return at
