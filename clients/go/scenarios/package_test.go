package scenarios

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
)

const (
	modulePath = "github.com/redis-jq/redis-jq/clients/go"
	version    = "v0.1.0"
)

// TestReadmeRunsFromTheModule packs the module, installs it into a fresh module, and runs every program of the README
// there, against a server of its own.
func TestReadmeRunsFromTheModule(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	server := startServer(t)
	queue := jq.NewQueue(server.client(), "mail")
	if err := queue.SetConfig(ctx, "events-max", 1000); err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	programs := []string{"producer/main.go", "worker/main.go", "shards/main.go", "worker/main_test.go", "reader/main.go"}
	if len(blocks) != len(programs) {
		t.Fatalf("the README has %d programs", len(blocks))
	}
	fresh := freshModule(t)
	addresses := map[string]string{"shards/main.go": startCluster(t)[0].address()}
	for i, name := range programs {
		source := strings.ReplaceAll(blocks[i][1], "localhost:6379", cmp.Or(addresses[name], server.address()))
		write(t, filepath.Join(fresh.folder, name), source)
	}

	fresh.run("test", "./worker")
	fresh.run("build", "-o", "bin/", "./producer", "./worker", "./shards", "./reader")
	fresh.prints("producer", "added welcome:42 waiting <nil>\n")
	fresh.prints("shards", "duplicate <nil>\nsending to ada@example.org\n")
	runUntil(t, filepath.Join(fresh.folder, "bin", "worker"), "sending to ada@example.org\n", true)
	acked(t, queue, 1)
	runUntil(t, filepath.Join(fresh.folder, "bin", "reader"), "completed welcome:42 0\n", false)
}

// goModule is a module of a user, in a folder and with a module cache of its own.
type goModule struct {
	t      *testing.T
	folder string
	env    []string
}

// freshModule requires the packed module, which comes from a proxy in a folder; what that needs comes from the module
// cache of this machine.
func freshModule(t *testing.T) *goModule {
	t.Helper()
	m := &goModule{t: t, folder: t.TempDir()}
	cache := strings.TrimSpace(m.run("env", "GOMODCACHE"))
	m.env = []string{
		"GOPROXY=file://" + pack(t) + ",file://" + filepath.Join(cache, "cache", "download"),
		"GOMODCACHE=" + t.TempDir(), "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local",
		"GOFLAGS=-modcacherw -trimpath", // what was compiled once is compiled for all such caches
	}
	m.run("mod", "init", "example.org/mails")
	m.run("get", modulePath+"/jq@"+version)
	return m
}

// run is a go command in the folder. It gives what was printed.
func (m *goModule) run(args ...string) string {
	m.t.Helper()
	command := exec.Command("go", args...)
	command.Dir = m.folder
	command.Env = append(os.Environ(), m.env...)
	var printed, complaints bytes.Buffer
	command.Stdout, command.Stderr = &printed, &complaints
	if err := command.Run(); err != nil {
		m.t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, &printed, &complaints)
	}
	return printed.String()
}

// prints runs a program to its end.
func (m *goModule) prints(program, want string) {
	m.t.Helper()
	within, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	printed, err := exec.CommandContext(within, filepath.Join(m.folder, "bin", program)).Output()
	if err != nil || string(printed) != want {
		m.t.Errorf("%s printed %q and ended with %v", program, printed, err)
	}
}

// pack makes the folder of a module proxy with this module alone.
func pack(t *testing.T) string {
	t.Helper()
	proxy := t.TempDir()
	folder := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "list"), version+"\n")
	write(t, filepath.Join(folder, version+".info"), fmt.Sprintf(`{"Version": %q}`, version))
	write(t, filepath.Join(folder, version+".mod"), string(mod))
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	root := os.DirFS("..")
	err = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		file, err := archive.Create(modulePath + "@" + version + "/" + path)
		if err != nil {
			return err
		}
		_, err = file.Write(content)
		return err
	})
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, version+".zip"), packed.String())
	return proxy
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runUntil runs a program until it prints something, and ends it by SIGTERM; one that stops has no error then.
func runUntil(t *testing.T, program, prints string, stops bool) {
	t.Helper()
	command := exec.Command(program)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	command.Stdout, command.Stderr = write, write
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	limit := time.AfterFunc(time.Minute, func() { command.Process.Kill() })
	defer limit.Stop()
	var printed strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(printed.String(), prints) {
		n, err := read.Read(buffer)
		if err != nil {
			break
		}
		printed.Write(buffer[:n])
	}
	command.Process.Signal(syscall.SIGTERM)
	err = command.Wait()
	if !strings.Contains(printed.String(), prints) || stops && err != nil {
		t.Errorf("%s printed %q and ended with %v", program, &printed, err)
	}
}
