package jq

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// TestPlacementIsThatOfAllPackages plays the vectors that all packages share.
func TestPlacementIsThatOfAllPackages(t *testing.T) {
	data, err := os.ReadFile("../../placement.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Counts []int
		IDs    []struct {
			Bytes, Hashed string
			Shards        []int
		}
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.IDs) == 0 || len(vectors.Counts) == 0 {
		t.Fatal("there are no vectors")
	}
	for _, vector := range vectors.IDs {
		id, err := hex.DecodeString(vector.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(hashed(id)); got != vector.Hashed {
			t.Errorf("%q: %s is hashed, not %s", id, got, vector.Hashed)
		}
		for i, n := range vectors.Counts {
			if got := shardOf(string(id), n); got != vector.Shards[i] {
				t.Errorf("%q is on %d of %d, not on %d", id, got, n, vector.Shards[i])
			}
		}
	}
}

func TestGrowingMovesIDsToNewShardsOnly(t *testing.T) {
	const ids = 20_000
	for _, n := range []int{1, 2, 3, 7, 8, 15, 63} {
		counts := make([]int, n+1)
		for i := range ids {
			id := fmt.Sprint("id ", i)
			before, after := shardOf(id, n), shardOf(id, n+1)
			if before != after && after != n {
				t.Fatalf("from %d to %d shards %q moved from %d to %d", n, n+1, id, before, after)
			}
			counts[after]++
		}
		share := ids / (n + 1)
		for shard, count := range counts {
			if off := max(count-share, share-count); off*off > 25*share { // five standard deviations
				t.Errorf("shard %d of %d has %d ids, not about %d", shard, n+1, count, share)
			}
		}
	}
}
