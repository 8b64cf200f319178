package scenarios

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// proxy stands between clients and a server and can cut a connection in the middle of a reply. A connection has one
// command on its way at a time.
type proxy struct {
	listener net.Listener
	target   string
	slow     string // replies to this command take some time

	mu   sync.Mutex
	cuts *cut
	seen []int // the lengths of the replies to the command of the cut
}

// cut says after how many bytes of the reply to a command the connection ends; below 0 it does not.
type cut struct {
	command string
	after   int
}

func startProxy(t *testing.T, target string, cuts *cut) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, cuts: cuts}
	go p.accept()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) close() { p.listener.Close() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		link := &link{proxy: p, client: client, server: server}
		go link.requests()
		go link.replies()
	}
}

// link is one connection through the proxy.
type link struct {
	proxy          *proxy
	client, server net.Conn

	mu      sync.Mutex
	armed   bool // the bytes that come from the server are the reply to the command of the cut
	replied int
	slow    bool
}

func (l *link) close() {
	l.client.Close()
	l.server.Close()
}

func (l *link) requests() {
	defer l.close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.client.Read(buffer)
		if err != nil {
			return
		}
		l.mu.Lock()
		l.report()
		l.armed = l.proxy.concerned(buffer[:n])
		l.replied = 0
		l.slow = l.proxy.slow != "" && containsAll(buffer[:n], l.proxy.slow)
		l.mu.Unlock()
		if _, err := l.server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// report notes the length of the reply that is complete, since the next command follows.
func (l *link) report() {
	if l.armed {
		l.proxy.mu.Lock()
		l.proxy.seen = append(l.proxy.seen, l.replied)
		l.proxy.mu.Unlock()
	}
}

func (l *link) replies() {
	defer l.close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buffer)
		if err != nil {
			return
		}
		l.mu.Lock()
		allowed, ends := n, false
		if l.armed {
			allowed, ends = l.proxy.allow(l.replied, n)
		}
		l.replied += n
		slow := l.slow
		l.mu.Unlock()
		if slow {
			time.Sleep(20 * time.Millisecond)
		}
		if _, err := io.Copy(l.client, bytes.NewReader(buffer[:allowed])); err != nil || ends {
			return
		}
	}
}

// concerned says whether a request is the command of the cut.
func (p *proxy) concerned(request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts != nil && containsAll(request, p.cuts.command)
}

// containsAll looks for each word of a command; one that begins with ! must not be there.
func containsAll(request []byte, words string) bool {
	for _, word := range bytes.Fields([]byte(words)) {
		without, negated := bytes.CutPrefix(word, []byte("!"))
		if bytes.Contains(request, append([]byte("\r\n"), append(without, '\r')...)) == negated {
			return false
		}
	}
	return true
}

// allow says how many of n bytes that follow `before` others go through, and whether the connection ends. It ends one
// connection only.
func (p *proxy) allow(before, n int) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cuts == nil || p.cuts.after < 0 || before+n <= p.cuts.after {
		return n, false
	}
	allowed := p.cuts.after - before
	p.cuts = nil
	return allowed, true
}
