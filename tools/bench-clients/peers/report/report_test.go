package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"
)

const published = "../../../../docs/benchmarks"

// What stands in docs/benchmarks is what this program makes of the JSON file there, byte for byte.
func TestPageAndPlotsAreMadeOfTheFile(t *testing.T) {
	run := Read(filepath.Join(published, "peers.json"))
	made := t.TempDir()
	page, err := os.ReadFile(filepath.Join(published, "peers.md"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(made, "peers.md"), page, 0o644); err != nil {
		t.Fatal(err)
	}
	run.WritePage(filepath.Join(made, "peers.md"))
	run.WritePlots(made)
	files, err := os.ReadDir(made)
	if err != nil || len(files) < 6 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		now, _ := os.ReadFile(filepath.Join(made, file.Name()))
		then, err := os.ReadFile(filepath.Join(published, file.Name()))
		if err != nil || string(now) != string(then) {
			t.Errorf("%s is not what peers.json says (%v); scripts/bench-peers -page makes it anew", file.Name(), err)
		}
	}
}

// lived is a run of two contenders in the cell of a goal: ours takes 2 µs, Streams as many as given.
func lived(streams float64) Run {
	life := func(contender string, cpu float64) Life {
		return Life{Contender: contender, Cell: ByFifties, Jobs: 1, Enqueue: Phase{1, cpu, 1}, Work: Phase{1, 0, 1}}
	}
	return Run{Lives: []Life{life("jq-hand", 2), life("streams", streams)}}
}

func TestAGoalThatIsMissedIsMarked(t *testing.T) {
	for streams, missed := range map[float64]bool{6.1: false, 5.9: true} {
		rows := lived(streams).goalRows()
		if len(rows) != 1 || strings.Contains(rows[0][4], "missed") != missed {
			t.Errorf("beside %v µs: %v", streams, rows)
		}
	}
}

func TestANumberHasTheDigitsThatMeanSomething(t *testing.T) {
	for value, shown := range map[float64]string{
		0: "0", 0.034: "0.03", 1.5: "1.5", 12.34: "12.3", 123.4: "123", 1234.6: "1,235", 1234567: "1,234,567", 10: "10", 100: "100",
	} {
		if got := number(value); got != shown {
			t.Errorf("%v is shown as %s", value, got)
		}
	}
}

func TestAPlotFollowsLightAndDark(t *testing.T) {
	run := lived(5)
	run.Contenders = []Contender{{Name: "jq-hand", Shown: "ours"}, {Name: "streams", Shown: "theirs"}}
	cpu := series{"cpu", run.of(Cell{Payload: 98, AOF: "off", Handlers: 16, Way: play.Batched, Together: 50}, Life.CPU)}
	text := string(picture{"cpu.svg", "CPU", "µs", []series{cpu}}.draw(run))
	for _, part := range []string{"<title>CPU: µs</title>", "prefers-color-scheme: dark", `[style*="fill:#1F2328"]`, "ours", "theirs"} {
		if !strings.Contains(text, part) {
			t.Errorf("the plot has no %s", part)
		}
	}
}
