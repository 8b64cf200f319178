package jq

import (
	"slices"
	"testing"
)

func TestWeightsShareTheJobs(t *testing.T) {
	o := newOrder([]string{"light", "heavy"}, map[string]int{"heavy": 3})
	jobs := map[string]int{}
	for i := range 1000 {
		queue := o.next()[0]
		n := i%7 + 1 // claims bring different numbers of jobs
		jobs[queue] += n
		o.gave(queue, n)
	}
	if ratio := float64(jobs["heavy"]) / float64(jobs["light"]); ratio < 2.95 || ratio > 3.05 {
		t.Errorf("heavy to light: %.2f", ratio)
	}
}

func TestWeightsOfAnEmptyQueueAreNotSaved(t *testing.T) {
	o := newOrder([]string{"light", "heavy"}, map[string]int{"heavy": 3})
	for range 1000 {
		o.next()
		o.gave("light", 1) // heavy has nothing
	}
	for i := range 10 {
		queue := o.next()[0]
		o.gave(queue, 1)
		if queue == "light" && i > 0 {
			return
		}
	}
	t.Error("heavy has made up for the time without jobs")
}

func TestStrictOrderStays(t *testing.T) {
	o := newOrder([]string{"urgent", "later"}, nil)
	for range 3 {
		if !slices.Equal(o.next(), []string{"urgent", "later"}) {
			t.Error(o.next())
		}
		o.gave("urgent", 5)
	}
}
