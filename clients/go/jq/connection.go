package jq

import (
	"bytes"
	"fmt"
	"net"
	"syscall"
)

// connection is one that the pool of a claimer has dialed. The pool does not tell which of its connections are open, nor
// over which one a reply came. So a connection overhears the reply to CLIENT ID, and forgets it when it is closed: an id
// of one that is gone may be another client's after a restart of the server, and that one is not to be unblocked.
type connection struct {
	net.Conn
	claimer *claimer
	node    string // the address by which the claimer knows it
	asked   bool   // CLIENT ID was sent, and the reply comes next
}

// overheard wraps what was dialed.
func (c *claimer) overheard(dialed net.Conn, node string) net.Conn {
	overheard := &connection{Conn: dialed, claimer: c, node: node}
	if socket, ok := dialed.(syscall.Conn); ok { // the pool looks at the socket whether the server has closed it
		return struct {
			*connection
			syscall.Conn
		}{overheard, socket}
	}
	return overheard
}

// Write notes whether CLIENT ID is sent.
func (c *connection) Write(sent []byte) (int, error) {
	c.asked = bytes.HasSuffix(sent, []byte("client\r\n$2\r\nid\r\n"))
	return c.Conn.Write(sent)
}

// Read notes the reply to CLIENT ID.
func (c *connection) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	if c.asked && n > 0 {
		c.asked = false
		var id int64
		if _, none := fmt.Sscanf(string(into[:n]), ":%d\r\n", &id); none == nil {
			c.claimer.mu.Lock()
			c.claimer.open[c] = id
			c.claimer.mu.Unlock()
		}
	}
	return n, err
}

// Close forgets the id.
func (c *connection) Close() error {
	c.claimer.mu.Lock()
	delete(c.claimer.open, c)
	c.claimer.mu.Unlock()
	return c.Conn.Close()
}

// ids are what the servers call the open connections that are meant.
func (c *claimer) ids(meant func(*connection) bool) []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []int64
	for open, id := range c.open {
		if meant(open) {
			ids = append(ids, id)
		}
	}
	return ids
}
