package jq

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// shardOf is on which of n shards an id is: a jump consistent hash (Lamping and Veach), so that from n to m shards ids move
// to the new ones only. All packages place ids alike; clients/placement.json has examples.
func shardOf(id string, n int) int {
	sum := sha256.Sum256(hashed([]byte(id)))
	number := binary.BigEndian.Uint64(sum[:8])
	shard, next := int64(0), int64(0)
	for next < int64(n) {
		shard = next
		number = number*2862933555777941757 + 1
		next = int64(float64(shard+1) * (float64(1<<31) / float64(number>>33+1)))
	}
	return int(shard)
}

// hashed is the part of an id that counts: as with the keys of a cluster what stands between the first { and the first }
// behind it, unless that is nothing, and else all of it.
func hashed(id []byte) []byte {
	_, behind, opens := bytes.Cut(id, []byte("{"))
	tag, _, closes := bytes.Cut(behind, []byte("}"))
	if opens && closes && len(tag) > 0 {
		return tag
	}
	return id
}
