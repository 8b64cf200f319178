package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"
)

// process is a contender that is ready; package play says how one is called.
type process struct {
	task    play.Task
	command *exec.Cmd
	begin   io.WriteCloser
	says    *bufio.Reader
	ready   play.Ready
}

// start starts a contender, and returns when it is ready.
func (c contender) start(task play.Task) *process {
	task.Contender, task.Noise = c.name, noise
	text, err := json.Marshal(task)
	fault.Check(err)
	program := map[string][]string{
		"node":   {"node", "tools/bench-clients/node/peers.mjs"},
		"python": {os.Getenv("BENCH_PYTHON"), "tools/bench-clients/python/peers.py"},
		"go":     {os.Args[0], "play"},
	}[c.language]
	p := &process{task: task, command: exec.Command(program[0], append(program[1:], string(text))...)}
	p.command.Stderr = os.Stderr
	p.begin, err = p.command.StdinPipe()
	fault.Check(err)
	says, err := p.command.StdoutPipe()
	fault.Check(err)
	fault.Check(p.command.Start())
	p.says = bufio.NewReader(says)
	p.hear(&p.ready)
	return p
}

// limit is how long a contender may take for its task. One that lost a job would wait for it for ever.
const limit = 15 * time.Minute

// hear waits for a line of JSON.
func (p *process) hear(what any) {
	late := time.AfterFunc(limit, func() { p.command.Process.Kill() })
	defer late.Stop()
	line, err := p.says.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, what)
	}
	if err != nil {
		p.kill()
		fault.Raise("%s, %s: said %q: %v", p.task.Contender, p.task.Phase, line, err)
	}
}

// goOn lets it begin.
func (p *process) goOn() {
	_, err := fmt.Fprintln(p.begin)
	fault.Check(err)
}

// end waits until it is done, and checks that each job was run exactly once.
func (p *process) end() play.Told {
	var told play.Told
	p.hear(&told)
	if p.task.Phase == play.Work && (told.Runs != p.task.Jobs || told.Distinct != p.task.Jobs) {
		p.kill()
		fault.Raise("%s ran %d of %d jobs, %d times in all", p.task.Contender, told.Distinct, p.task.Jobs, told.Runs)
	}
	return told
}

// kill ends it: a contender ends when its input does, also if this program dies.
func (p *process) kill() {
	p.begin.Close()
	late := time.AfterFunc(10*time.Second, func() { p.command.Process.Kill() })
	defer late.Stop()
	p.command.Wait()
}

// noise is what payloads are filled with: 100,000 letters by chance, the same in each run.
var noise = func() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	chance := rand.New(rand.NewSource(1))
	text := make([]byte, 100_000)
	for i := range text {
		text[i] = letters[chance.Intn(len(letters))]
	}
	return string(text)
}()
