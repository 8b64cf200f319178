package jq

import (
	"context"
	"testing"
	"time"
)

func testRun(token int64) *run {
	e := &engine{base: context.Background(), lease: time.Minute}
	now := time.Now()
	return newRun(&source{engine: e}, "q", JobInfo{Token: token, ClaimedAt: now, LeaseUntil: now.Add(time.Minute)}, now)
}

func TestFinishedRunIsKnownWhileARequestIsOnItsWay(t *testing.T) {
	k := newKnown()
	begins := func(r *run) bool { return k.add(r.key(), func() *run { return r }) }
	first := testRun(1)

	held := k.asks()
	if !begins(first) || begins(first) {
		t.Fatal("a run begins once")
	}
	k.finish(first)
	if begins(first) {
		t.Error("the reply to HELD was sent before the run was finished, and began it again")
	}
	later := k.asks()
	k.returns(held)
	if len(k.runs) != 0 || len(k.finished) != 0 {
		t.Error("a finished run is kept although no request that may list it is on its way")
	}
	k.returns(later)
}

func TestFinishedRunWaitsForAllRequestsOfItsTime(t *testing.T) {
	k := newKnown()
	claim, held := k.asks(), k.asks()
	r := testRun(1)
	k.add(r.key(), func() *run { return r })
	k.finish(r)
	k.returns(held)
	if len(k.runs) != 1 {
		t.Error("forgotten while the claim is on its way")
	}
	k.returns(claim)
	if len(k.runs) != 0 {
		t.Error("kept after both have returned")
	}
}
