package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/report"
)

// Every contender that this machine can run goes through the tiny plan: the program itself fails when a job was not run
// exactly once. Then no figure is missing, and the page names all of them. scripts/test-integrations sets what it needs.
func TestTheTinyPlanMeasuresEveryContender(t *testing.T) {
	if os.Getenv("JQ_MODULE") == "" {
		t.Fatal("JQ_MODULE is not set: run scripts/test-integrations peers")
	}
	out := t.TempDir()
	bench := exec.Command("scripts/bench-peers", "-plan", "tiny", "-out", out)
	bench.Dir = "../../.."
	said, err := bench.CombinedOutput()
	t.Logf("%s", said)
	if err != nil {
		t.Fatal(err)
	}
	run := report.Read(filepath.Join(out, "peers.json"))
	if len(run.Contenders)+withReason(run, "everything") != len(contenders) || len(run.Persistence) != len(kept) {
		t.Errorf("measured %v and files of %d, left out %v", run.Contenders, len(run.Persistence), run.LeftOut)
	}
	page, err := os.ReadFile(filepath.Join(out, "peers.md"))
	if err != nil {
		t.Fatal(err)
	}
	measured := timesMeasured(t, run)
	for _, c := range run.Contenders {
		if measured[c.Name] < 2 || !strings.Contains(string(page), c.Shown) {
			t.Errorf("%s was measured %d times; the page says\n%s", c.Name, measured[c.Name], page)
		}
	}
}

// timesMeasured counts what there is of each contender, and fails where a figure is missing.
func timesMeasured(t *testing.T, run report.Run) map[string]int {
	measured := map[string]int{}
	for _, life := range run.Lives {
		measured[life.Contender]++
		noZero(t, life.Enqueue)
		noZero(t, life.Work)
	}
	for _, latency := range run.Latencies {
		measured[latency.Contender]++
		noZero(t, latency.Enqueue)
		noZero(t, latency.Claim)
	}
	for _, files := range run.Persistence {
		noZero(t, files.Bytes)
	}
	return measured
}

// withReason counts what was left out so.
func withReason(run report.Run, what string) int {
	count := 0
	for _, left := range run.LeftOut {
		if left.What == what && left.Reason != "" {
			count++
		}
	}
	return count
}

// noZero fails if a figure of the JSON is 0, which says that it was not measured.
func noZero(t *testing.T, measured any) {
	t.Helper()
	text, err := json.Marshal(measured)
	if err != nil {
		t.Fatal(err)
	}
	if compact := string(text); strings.Contains(compact, ":0,") || strings.Contains(compact, ":0}") || compact == "0" {
		t.Errorf("a figure is missing: %s", compact)
	}
}
