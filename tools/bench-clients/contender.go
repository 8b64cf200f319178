package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
)

// A contender is a process that is called with its name, what to do (add or work), the address of the server, how many
// jobs, and how it sends the requests of a worker by hand: how many answers each has, and how many microseconds they are
// apart. It prints a line when it is ready, begins when it gets one, and prints a line when every job was added, or done and
// acknowledged. It has 50 adds, or handlers, at the same time.

// byHand is how a worker by hand sends its requests.
type byHand struct {
	together int           // answers in one
	apart    time.Duration // from one to the next, at least
}

// contenderProcess is one that is ready.
type contenderProcess struct {
	name    string
	command *exec.Cmd
	begin   io.WriteCloser
	says    *bufio.Reader
}

// start starts a contender, and returns when it is ready.
func start(language, contender, mode, address string, jobs int, how byHand) *contenderProcess {
	program := map[string][]string{
		"node":   {"node", "node/contend.mjs"},
		"python": {os.Getenv("BENCH_PYTHON"), "python/contend.py"},
		"go":     {os.Args[0], "contend"},
	}[language]
	args := append(program[1:], contender, mode, address, strconv.Itoa(jobs),
		strconv.Itoa(how.together), strconv.FormatInt(how.apart.Microseconds(), 10))
	p := &contenderProcess{name: strings.Join(append([]string{language}, args[1:]...), " "), command: exec.Command(program[0], args...)}
	p.command.Stderr = os.Stderr
	begin, err := p.command.StdinPipe()
	fault.Check(err)
	says, err := p.command.StdoutPipe()
	fault.Check(err)
	fault.Check(p.command.Start())
	p.begin, p.says = begin, bufio.NewReader(says)
	p.hears("ready")
	return p
}

// hears waits for a line.
func (p *contenderProcess) hears(want string) {
	line, err := p.says.ReadString('\n')
	if err != nil || strings.TrimSpace(line) != want {
		fault.Raise("%s said %q where %q was expected: %v", p.name, line, want, err)
	}
}

// finish lets it begin, and returns when it is done.
func (p *contenderProcess) finish() {
	_, err := fmt.Fprintln(p.begin)
	fault.Check(err)
	p.hears("done")
	p.command.Process.Kill()
	p.command.Wait()
}

// contend is a contender in Go.
func contend(args []string) {
	jobs, err := strconv.Atoi(args[3])
	fault.Check(err)
	together, err := strconv.Atoi(args[4])
	fault.Check(err)
	apart, err := strconv.Atoi(args[5])
	fault.Check(err)
	contenders := map[string]func(address string, jobs int, how byHand) func(){
		"jq add": addByPackage, "jq work": workByPackage, "hand add": addByHand, "hand work": workByHand,
		"asynq add": addByAsynq, "asynq work": workByAsynq,
	}
	run := contenders[args[0]+" "+args[1]](args[2], jobs, byHand{together, time.Duration(apart) * time.Microsecond})
	fmt.Println("ready")
	_, err = bufio.NewReader(os.Stdin).ReadString('\n')
	fault.Check(err)
	run()
	fmt.Println("done")
	io.Copy(io.Discard, os.Stdin) // until it is killed
}
