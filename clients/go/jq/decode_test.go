package jq

import (
	"reflect"
	"testing"
	"time"
)

func TestMapsAndFlatArraysAreRead(t *testing.T) {
	pairs := []any{
		"id", "j1", "payload", "\xff\x00", "attempt", int64(2), "token", int64(1<<52 + 1), "added-at", int64(1500),
		"refused-until", int64(-1), "hold", int64(1), "fields", []any{"tenant", "acme"},
		"history", []any{[]any{"attempt", int64(1), "outcome", "failed"}},
		"new-in-2.0", int64(7), "group", []any{"of another type"},
	}
	resp3 := map[any]any{}
	for i := 0; i < len(pairs); i += 2 {
		resp3[pairs[i]] = pairs[i+1]
	}
	resp3["fields"] = map[any]any{"tenant": "acme"}
	want := JobInfo{
		ID: "j1", Payload: []byte{0xff, 0}, Attempt: 2, Token: 1<<52 + 1, AddedAt: time.UnixMilli(1500), RefusedUntil: Never,
		Hold: true, Fields: map[string]string{"tenant": "acme"}, History: []RunInfo{{Attempt: 1, Outcome: "failed"}},
		Others: map[string]any{"new-in-2.0": int64(7), "group": []any{"of another type"}},
	}
	for _, reply := range []any{pairs, resp3} {
		var got JobInfo
		if err := decode(reply, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%T: %v\n got %+v\nwant %+v", reply, err, got, want)
		}
	}
	for _, reply := range []any{nil, "text", []any{"odd"}} {
		if decode(reply, new(JobInfo)) == nil {
			t.Errorf("%v was taken for a map", reply)
		}
	}
}

func TestDurationsAreWholeMillisecondsRoundedUp(t *testing.T) {
	for d, want := range map[time.Duration]int64{
		0: 0, time.Nanosecond: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Minute: 60_000, Forever: -1,
	} {
		if got := onWire(d); got != want {
			t.Errorf("%v is sent as %v", d, got)
		}
	}
	var stats Stats
	if err := decode([]any{"next-due-ms", int64(-1), "wait-ms-p50", int64(20)}, &stats); err != nil ||
		stats.NextDue != Forever || stats.WaitP50 != 20*time.Millisecond {
		t.Errorf("%+v %v", stats, err)
	}
}
