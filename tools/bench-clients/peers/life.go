package main

import (
	"cmp"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/report"
)

// lives measures what jobs cost in every cell, and in the comparisons of the goals.
func (r *runner) lives() {
	for _, cell := range r.plan.cells {
		jobs := map[string]int{}
		for _, c := range r.contenders {
			if c.has(cell.Way) {
				jobs[c.name] = c.jobsOf(r.plan.jobs)
			} else {
				r.leaveOut(c.name, string(cell.Way), "its client does not send so")
			}
		}
		r.compare(comparison{cell, jobs})
	}
	for _, goal := range r.plan.goals {
		r.compare(goal)
	}
}

// compare measures the contenders of a comparison by turns.
func (r *runner) compare(comparison comparison) {
	rounds := map[string][]report.Life{}
	for range r.plan.rounds {
		for _, c := range r.contenders {
			if jobs := comparison.jobs[c.name]; jobs > 0 {
				rounds[c.name] = append(rounds[c.name], r.life(c, comparison.cell, jobs))
			}
		}
	}
	for _, c := range r.contenders {
		if of := rounds[c.name]; len(of) > 0 {
			middle := medianOf(of)
			r.run.Lives = append(r.run.Lives, middle)
			log.Printf("%-14s %s: %.1f + %.1f µs, %.0f + %.0f a second, %.0f bytes", c.name, said(middle.Cell),
				middle.Enqueue.CPU, middle.Work.CPU, middle.Enqueue.Rate, middle.Work.Rate, middle.Bytes)
		}
	}
}

func said(cell report.Cell) string {
	return fmt.Sprintf("%d bytes, AOF %s, %d at once, %s", cell.Payload, cell.AOF, cell.Handlers, cell.Way)
}

// life measures one round: all jobs are added, and then all are worked off.
func (r *runner) life(c contender, cell report.Cell, jobs int) report.Life {
	bed := c.lay(cell.AOF)
	defer bed.Kill()
	life := report.Life{Contender: c.name, Cell: cell, Jobs: jobs}
	task := play.Task{
		Phase: play.Add, Address: bed.address(), Jobs: jobs,
		Handlers: cell.Handlers, Way: cell.Way, Together: cell.Together, Pad: cell.Payload - play.Overhead,
	}
	empty := bed.memory()
	life.Enqueue = r.phase(c, bed, task)
	life.Bytes = float64(bed.memory()-empty) / float64(jobs)
	task.Phase = play.Work
	life.Work = r.phase(c, bed, task)
	return life
}

// phase lets a process do its task, and says what that took.
func (r *runner) phase(c contender, bed bed, task play.Task) report.Phase {
	process := c.start(task)
	defer process.kill()
	r.noteVersions(process.ready)
	commands, cpu, begun := bed.commands(), bed.CPU(), time.Now()
	process.goOn()
	process.end()
	each := 1 / float64(task.Jobs)
	took := time.Since(begun)
	return report.Phase{
		Rate:     float64(task.Jobs) / took.Seconds(),
		CPU:      float64((bed.CPU() - cpu).Nanoseconds()) / 1000 * each,
		Commands: float64(bed.commands()-commands) * each,
	}
}

// medianOf takes the median of each figure by itself.
func medianOf(rounds []report.Life) report.Life {
	life := rounds[0]
	for _, figure := range []func(*report.Life) *float64{
		func(l *report.Life) *float64 { return &l.Enqueue.Rate },
		func(l *report.Life) *float64 { return &l.Enqueue.CPU },
		func(l *report.Life) *float64 { return &l.Enqueue.Commands },
		func(l *report.Life) *float64 { return &l.Work.Rate },
		func(l *report.Life) *float64 { return &l.Work.CPU },
		func(l *report.Life) *float64 { return &l.Work.Commands },
		func(l *report.Life) *float64 { return &l.Bytes },
	} {
		values := make([]float64, len(rounds))
		for i := range rounds {
			values[i] = *figure(&rounds[i])
		}
		*figure(&life) = median(values)
	}
	return life
}

// median is the middle value; of an even number of values the upper of the two.
func median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
