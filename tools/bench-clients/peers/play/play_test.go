package play

import (
	"strings"
	"testing"
	"time"
)

func TestAPayloadHasItsLengthAndSaysWhichJobItIs(t *testing.T) {
	task := Task{Pad: 98 - Overhead, Noise: strings.Repeat("noise", 1000)}
	job := task.job(1234)
	if len(job.Payload) != 98 {
		t.Errorf("%s has %d bytes", job.Payload, len(job.Payload))
	}
	number, age, err := numbered(job.Payload)
	if err != nil || number != 1234 || age < 0 || age > time.Minute {
		t.Errorf("number %d, age %v, error %v", number, age, err)
	}
}

func TestPayloadsOfNeighboursDiffer(t *testing.T) {
	task := Task{Pad: 10, Noise: strings.Repeat("abcdefghijklmnopqrstuvwxyz", 400)}
	one, other := task.job(1).Payload, task.job(2).Payload
	if string(one[nEnds:]) == string(other[nEnds:]) {
		t.Errorf("both end with %s", one[nEnds:])
	}
}

func TestATallyCountsRunsAndJobs(t *testing.T) {
	task := Task{Jobs: 2, Noise: "-"}
	tally := newTally(task)
	for _, number := range []int{0, 1, 1} {
		tally.Begin(task.job(number).Payload)
	}
	tally.End(1)
	select {
	case <-tally.Done:
		t.Error("one job is not done")
	default:
	}
	tally.End(1)
	<-tally.Done
	if told := tally.told(); told.Runs != 3 || told.Distinct != 2 {
		t.Errorf("%+v", told)
	}
}

func TestTheFirstSecondCountsForNoLatency(t *testing.T) {
	tally := newTally(Task{Jobs: 3, Rate: 2})
	for number, latency := range []time.Duration{9 * time.Second, 8 * time.Second, time.Millisecond} {
		tally.took(number, latency)
	}
	if slowest := tally.told().Latency.P999; slowest != 1000 {
		t.Errorf("%v µs", slowest)
	}
}

func TestPercentilesAreThoseOfTheNearestRank(t *testing.T) {
	var latencies []time.Duration
	for i := 999; i > 0; i-- {
		latencies = append(latencies, time.Duration(i)*time.Microsecond)
	}
	if got := percentiles(latencies); got != (Percentiles{500, 990, 999}) {
		t.Errorf("%+v", got)
	}
}
