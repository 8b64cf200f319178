"""On which shard an id is, without a server."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from redis_jq.shards.placement import counted, shard_of

VECTORS = json.loads((Path(__file__).parents[2] / "placement.json").read_text())


def test_all_packages_agree() -> None:
    assert len(VECTORS["ids"]) > 30
    for vector in VECTORS["ids"]:
        id = bytes.fromhex(vector["bytes"])
        assert counted(id).hex() == vector["hashed"]
        assert [shard_of(id, shards) for shards in VECTORS["counts"]] == vector["shards"], vector


def test_one_more_shard_gets_its_share_and_nothing_else_moves() -> None:
    ids = [f"job:{n}".encode() for n in range(6000)]
    places = [shard_of(id, 1) for id in ids]
    for shards in range(1, 17):
        grown = [shard_of(id, shards + 1) for id in ids]
        assert all(new in (old, shards) for old, new in zip(places, grown))
        share = len(ids) / (shards + 1)
        assert all(0.85 * share < count < 1.15 * share for count in Counter(grown).values())
        places = grown
