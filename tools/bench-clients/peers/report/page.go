package report

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
)

// What is between these two lines of the page is made of the run.
const (
	begins = "<!-- scripts/bench-peers writes from here, of peers.json -->\n"
	ends   = "<!-- to here -->\n"
)

// WritePage writes the tables into the page between its two marks. A page that does not exist is made.
func (r Run) WritePage(path string) {
	old, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		old, err = []byte("# Beside other queues\n\n"+begins+ends), nil
	}
	fault.Check(err)
	before, rest, isBegun := strings.Cut(string(old), begins)
	_, after, isEnded := strings.Cut(rest, ends)
	if !isBegun || !isEnded {
		fault.Raise("%s lacks its two marks, %q and %q", path, begins, ends)
	}
	fault.Check(os.WriteFile(path, []byte(before+begins+"\n"+r.tables()+"\n"+ends+after), 0o644))
}

// tables is what stands between the marks.
func (r Run) tables() string {
	var page strings.Builder
	page.WriteString(r.conditions())
	section := func(title, text string) { fmt.Fprintf(&page, "\n## %s\n\n%s", title, text) }
	if rows := r.goalRows(); len(rows) > 0 {
		section("Goals", table([]string{"", "here", "beside", "ratio", "goal"}, rows))
	}
	ways := Ways()
	section("One by one", picturesOf("rates.svg", "cpu.svg")+r.lifeTable(ways[0]))
	section("Pipelined", r.lifeTable(ways[1]))
	section("By 50s", r.lifeTable(ways[2]))
	section("Payload", picturesOf("payload.svg")+r.across(Payloads(), func(c Cell) string { return number(float64(c.Payload)) + " bytes" }))
	section("Append-only file", picturesOf("aof.svg")+r.across(AOFs(), func(c Cell) string { return c.AOF }))
	section("Handlers", r.across(Handlers(), func(c Cell) string { return number(float64(c.Handlers)) }))
	section("Latencies", picturesOf("latency.svg")+r.latencyTable())
	if len(r.Persistence) > 0 {
		section("Files of waiting jobs", r.persistenceTable())
	}
	section("Contenders", r.contenderTable())
	if len(r.LeftOut) > 0 {
		section("Left out", r.leftOutTable())
	}
	return page.String()
}

// conditions says where and how this was measured.
func (r Run) conditions() string {
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		versions = append(versions, name+" "+r.Versions[name])
	}
	load := ""
	if r.Machine.Load > 0 {
		load = fmt.Sprintf(", load before the run %.1f", r.Machine.Load)
	}
	return fmt.Sprintf("Measured on %s by `%s` in %d minutes: %s, %d cores, %s%s; %s; %s. Plan %s: %s jobs a measurement, medians of %d rounds.\n",
		r.Date, r.Command, (r.Plan.Seconds+59)/60, r.Machine.Processor, r.Machine.Cores, r.Machine.System, load, r.Server,
		strings.Join(versions, ", "), r.Plan.Name, number(float64(r.Plan.Jobs)), r.Plan.Rounds)
}

func picturesOf(files ...string) string {
	var text strings.Builder
	for _, file := range files {
		fmt.Fprintf(&text, "![%s](%s)\n\n", strings.TrimSuffix(file, ".svg"), file)
	}
	return text.String()
}

// table is Markdown.
func table(head []string, rows [][]string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, row := range rows {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(row, " | "))
	}
	return text.String()
}
