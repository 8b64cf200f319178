package scenarios

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

// TestMain runs a worker instead of the tests in a process that was started by startProcess.
func TestMain(m *testing.M) {
	redis.SetLogger(silent{}) // connections that break are what these tests are about
	if address := os.Getenv("SCENARIO_SERVER"); address != "" {
		workInProcess(address)
		return
	}
	os.Exit(m.Run())
}

// silent is a logger of the client.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// workInProcess works until it is killed, and prints what happens. Its handlers take as long as the payload says.
func workInProcess(address string) {
	lease, _ := time.ParseDuration(os.Getenv("SCENARIO_LEASE"))
	worker := jq.Worker{
		Client: redis.NewClient(&redis.Options{Addr: address}),
		Queues: []string{"q"},
		Name:   os.Getenv("SCENARIO_NAME"),
		Lease:  lease,
		Logger: quiet,
		Handler: jq.JSON(func(_ context.Context, job *jq.Job, seconds float64) error {
			fmt.Println("begun", job.ID)
			time.Sleep(time.Duration(seconds * float64(time.Second)))
			return nil
		}),
		Hooks: jq.Hooks{
			Completed: func(job *jq.Job) { fmt.Println("completed", job.ID) },
			Lost:      func(job *jq.Job, cause error) { fmt.Println("lost", job.ID) },
		},
	}
	fmt.Println("ended", worker.Run(context.Background()))
}

// process is a worker in a process of its own.
type process struct {
	*exec.Cmd
	lines tally
}

// startProcess starts one that is killed with the test.
func startProcess(t *testing.T, server *server, name string, lease time.Duration) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), "SCENARIO_SERVER="+server.address(), "SCENARIO_NAME="+name, "SCENARIO_LEASE="+lease.String())
	output, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Process.Kill()
		p.Wait()
	})
	go func() {
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			p.lines.add(scanner.Text())
		}
	}()
	return p
}

func (p *process) printed(t *testing.T, line string, times int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d times: %s", times, line), func() bool {
		found := 0
		for _, printed := range p.lines.names() {
			if strings.HasPrefix(printed, line) {
				found++
			}
		}
		return found == times
	})
}

// attemptsOf is a worker that notes the attempt of each job it does.
func attemptsOf(server *server, name string, attempts *tally) *jq.Worker {
	return &jq.Worker{
		Client: server.client(),
		Queues: []string{"q"},
		Name:   name,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			attempts.add(fmt.Sprint(job.ID, " attempt ", job.Attempt))
			return nil, nil
		},
	}
}

func Test_worker_killed(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	queue := jq.NewQueue(server.client(), "q")
	for _, id := range []string{"a", "b", "c"} {
		add(t, queue, id, 60)
	}
	victim := startProcess(t, server, "", 3*time.Second)
	victim.printed(t, "begun", 3)
	victim.Process.Kill()
	var attempts tally
	run(t, attemptsOf(server, "", &attempts))
	acked(t, queue, 3)
	attempts.eachOnce(t, 3)
	for _, line := range attempts.names() {
		if !strings.HasSuffix(line, "attempt 2") {
			t.Error(line)
		}
	}
	if stats := statsOf(t, queue); stats.Losses != 3 {
		t.Errorf("%d losses", stats.Losses)
	}
}

func Test_worker_restarted_by_name(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	queue := jq.NewQueue(server.client(), "q")
	for _, id := range []string{"a", "b", "c"} {
		add(t, queue, id, 60)
	}
	victim := startProcess(t, server, "the one", time.Hour)
	victim.printed(t, "begun", 3)
	victim.Process.Kill()
	var attempts tally
	again := attemptsOf(server, "the one", &attempts)
	again.Concurrency = 2 // fewer slots than it held jobs
	run(t, again)
	acked(t, queue, 3)
	attempts.eachOnce(t, 3)
	for _, line := range attempts.names() {
		if !strings.HasSuffix(line, "attempt 1") {
			t.Error(line)
		}
	}
}

// Test_blocked_loop stops a whole process, since a goroutine that does not yield keeps no other from running.
func Test_blocked_loop(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	queue := jq.NewQueue(server.client(), "q")
	add(t, queue, "slow", 4)
	frozen := startProcess(t, server, "", 2*time.Second)
	frozen.printed(t, "begun slow", 1)
	if err := frozen.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var attempts tally
	run(t, attemptsOf(server, "", &attempts))
	acked(t, queue, 1)
	if err := frozen.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	frozen.printed(t, "lost slow", 1)
	frozen.printed(t, "completed", 0)
	if names := attempts.names(); len(names) != 1 || names[0] != "slow attempt 2" {
		t.Error(names)
	}
	if stats := statsOf(t, queue); stats.Acks != 1 || stats.Losses != 1 {
		t.Errorf("%d acks, %d losses", stats.Acks, stats.Losses)
	}
}
