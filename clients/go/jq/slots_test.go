package jq

import (
	"testing"
	"time"
)

// waitsFor lets a claim of a source ask for slots, and returns when it waits in the row of the others, or has them.
func waitsFor(s *slots, of *source, n int) <-chan int {
	taken := make(chan int, 1)
	before := s.takersWaiting()
	go func() { taken <- s.take(of, n, nil) }()
	for s.takersWaiting() == before && len(taken) == 0 {
		time.Sleep(time.Millisecond)
	}
	return taken
}

func TestFreeSlotsGoToTheClaimsInTheirOrder(t *testing.T) {
	s := newSlots(0, nil)
	greedy, second, third := waitsFor(s, new(source), 100), waitsFor(s, new(source), 1), waitsFor(s, new(source), 1)
	s.offer(new(source), 1)
	if got := <-greedy; got != 1 || len(second) != 0 {
		t.Errorf("the first of three claims has %d of one slot", got)
	}
	s.offer(new(source), 2)
	if <-second != 1 || <-third != 1 {
		t.Error("not one slot each")
	}
	greedy, second = waitsFor(s, new(source), 100), waitsFor(s, new(source), 1)
	s.offer(new(source), 10)
	if got := <-greedy; got != 9 || <-second != 1 {
		t.Errorf("a claim that wants all has %d of ten slots beside one that waits", got)
	}
}

func TestSlotIsKeptForASourceThatHasNone(t *testing.T) {
	s := newSlots(6, nil)
	busy, late, away := new(source), new(source), new(source)
	for _, source := range []*source{busy, late, away} {
		s.join(source)
	}
	if first, more := <-waitsFor(s, busy, 1), <-waitsFor(s, busy, 100); first != 1 || more != 3 {
		t.Errorf("one that wants all has %d and %d of six slots, of which two are kept", first, more)
	}
	next := waitsFor(s, busy, 100)
	if got := <-waitsFor(s, late, 1); got != 1 || len(next) != 0 {
		t.Errorf("the late one has %d", got)
	}
	s.expect(late)
	s.offer(late, 1)
	if got := <-waitsFor(s, late, 1); got != 1 || len(next) != 0 {
		t.Errorf("when it asks again it has %d", got)
	}
	if got := <-next; got != 1 { // after a while
		t.Errorf("%d slots of one that is away go to the others", got)
	}
}

func TestClaimThatDoesNotWaitAnyMoreTakesNoSlot(t *testing.T) {
	s := newSlots(0, nil)
	over := make(chan struct{})
	close(over)
	if s.take(new(source), 1, over) != 0 || s.takersWaiting() != 0 {
		t.Error("it waits still")
	}
	s.offer(new(source), 1)
	if s.free != 1 {
		t.Error("the slot is gone")
	}
}

func TestItIsAnotherSourcesTurnAfterAWhile(t *testing.T) {
	s := newSlots(0, nil)
	busy, other := new(source), new(source)
	waitsFor(s, busy, 1)
	waitsFor(s, other, 1)
	if s.due(busy, 5) != 0 {
		t.Error("due at once")
	}
	for _, waits := range s.takers {
		waits.since = time.Now().Add(-turn)
	}
	if due := s.due(busy, 5); due != 1 {
		t.Errorf("%d are due, and only the other one is not of this source", due)
	}
	if s.due(busy, 0) != 0 {
		t.Error("more are due than there are slots to give")
	}
}

func TestSlotsOfALateReplyGoToTheOtherShards(t *testing.T) {
	e := &engine{worker: &Worker{Shards: new(ShardedQueue)}, slots: newSlots(0, nil)}
	if e.lend(new(source), 2, time.Hour).back() != 2 {
		t.Error("those of a reply in time are gone")
	}
	late := e.lend(new(source), 2, -replyIsLate)
	if other := <-waitsFor(e.slots, new(source), 5); other != 2 {
		t.Errorf("the other claim got %d slots", other)
	}
	if late.back() != 0 {
		t.Error("they were given twice")
	}
	e.worker = new(Worker)
	if e.lend(new(source), 2, -time.Hour).back() != 2 {
		t.Error("without shards there is nobody else to have them")
	}
}

func TestClaimBlocksOnlyAsLongAsOthersCanWait(t *testing.T) {
	e := &engine{worker: new(Worker), lease: time.Minute, slots: newSlots(0, nil)}
	e.sources = make([]*source, 3)
	s := &source{engine: e}
	e.slots.join(s) // which has fewer slots than would be enough for all
	blocks := func(what string, want time.Duration) {
		t.Helper()
		if got := s.block(); got != want {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
	blocks("nobody waits for its slot", longestBlock)
	waitsFor(e.slots, new(source), 1)
	waitsFor(e.slots, new(source), 1)
	blocks("others wait, and some shard has jobs", 0)
	e.empty.Store(3)
	blocks("others wait, and no shard has jobs", rotation/2)
	s.filled = true
	blocks("it has more jobs", 0)
}
