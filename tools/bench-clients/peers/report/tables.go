package report

import "fmt"

// yardstick is the contender whose figures others are set beside.
const yardstick = "jq-hand"

// lifeTable is what each contender took in a cell.
func (r Run) lifeTable(cell Cell) string {
	own, isOwn := r.life(yardstick, cell)
	var rows [][]string
	for _, contender := range r.Contenders {
		life, is := r.life(contender.Name, cell)
		if !is {
			continue
		}
		times := ""
		if isOwn {
			times = number(life.CPU() / own.CPU())
		}
		rows = append(rows, []string{
			contender.Shown,
			number(life.Enqueue.Rate), number(life.Work.Rate),
			number(life.Enqueue.CPU), number(life.Work.CPU), number(life.CPU()), times,
			number(life.Enqueue.Commands), number(life.Work.Commands), number(life.Bytes),
		})
	}
	return table([]string{
		"", "enqueued /s", "worked off /s", "server CPU to enqueue, µs", "to work off", "whole life", "× " + r.shown(yardstick),
		"commands to enqueue", "to work off", "bytes a waiting job",
	}, rows)
}

// across sets cells that differ in one dimension side by side: CPU of a whole life, and whole lives a second.
func (r Run) across(cells []Cell, value func(Cell) string) string {
	head := []string{""}
	for _, cell := range cells {
		head = append(head, value(cell))
	}
	var rows [][]string
	for _, contender := range r.Contenders {
		row := []string{contender.Shown}
		for _, cell := range cells {
			if life, is := r.life(contender.Name, cell); is {
				row = append(row, fmt.Sprintf("%s µs · %s /s", number(life.CPU()), number(life.Rate())))
			} else {
				row = append(row, "")
			}
		}
		rows = append(rows, row)
	}
	return table(head, rows)
}

func (r Run) latencyTable() string {
	var rows [][]string
	for _, latency := range r.Latencies {
		rows = append(rows, []string{
			r.shown(latency.Contender), number(float64(latency.Rate)),
			number(latency.Enqueue.P50), number(latency.Enqueue.P99), number(latency.Enqueue.P999),
			number(latency.Claim.P50), number(latency.Claim.P99), number(latency.Claim.P999),
		})
	}
	return table([]string{
		"", "offered /s", "enqueue p50, µs", "p99", "p99.9", "enqueue to handler p50, µs", "p99", "p99.9",
	}, rows)
}

func (r Run) persistenceTable() string {
	var rows [][]string
	file := func(work FileWork) string {
		return fmt.Sprintf("%s s (CPU %s s), %s MB", number(work.Seconds), number(work.CPU), number(float64(work.Bytes)/1e6))
	}
	for _, of := range r.Persistence {
		rows = append(rows, []string{
			r.shown(of.Contender), number(float64(of.Jobs)), number(of.Bytes),
			file(of.Load), file(of.Save), file(of.Replay), file(of.Rewrite),
		})
	}
	return table([]string{
		"", "waiting jobs", "bytes of memory each", "RDB load", "RDB save", "AOF replay of the adds", "AOF rewrite",
	}, rows)
}

func (r Run) contenderTable() string {
	var rows [][]string
	for _, contender := range r.Contenders {
		life, _ := r.life(contender.Name, Middle)
		latency, _ := r.latency(contender.Name)
		rows = append(rows, []string{
			contender.Shown, contender.Worker, number(float64(life.Jobs)), number(float64(latency.Jobs)),
		})
	}
	return table([]string{"", "a handler is", "jobs a measurement", "jobs whose latency counts"}, rows)
}

func (r Run) leftOutTable() string {
	var rows [][]string
	for _, left := range r.LeftOut {
		rows = append(rows, []string{left.Contender, left.What, left.Reason})
	}
	return table([]string{"contender", "what", "why"}, rows)
}
