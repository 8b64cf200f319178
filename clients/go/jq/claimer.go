package jq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// spareTime is by how much the client waits longer for the reply to a claim than the server waits for a job.
const spareTime = 5 * time.Second

// unblockTime is how long a server has to answer a command that helps to end the claims, before all is tried again.
const unblockTime = time.Second

// claimer is a client of its own for claims that wait: its connections are busy all the time, its reads may take longer
// than those of the user's client, and nothing is sent twice.
type claimer struct {
	claims redis.UniversalClient
	user   redis.UniversalClient

	mu   sync.Mutex
	open map[*connection]int64 // what the servers call our connections
}

// newClaimer makes it with the options of the user's client, for so many claims at the same time.
func newClaimer(user redis.UniversalClient, block time.Duration, claims int) (*claimer, error) {
	c := &claimer{user: user, open: make(map[*connection]int64)}
	switch user := user.(type) {
	case *redis.Client:
		options := *user.Options()
		c.shape(&options, block, claims)
		c.claims = redis.NewClient(&options)
	case *redis.ClusterClient:
		options := *user.Options()
		newNode := options.NewClient
		options.NewClient = func(node *redis.Options) *redis.Client {
			c.shape(node, block, claims+1) // the last one asks where the slots are while the others wait
			return newNode(node)
		}
		c.claims = redis.NewClusterClient(&options)
	default:
		return nil, fmt.Errorf("jq: a Worker needs a *redis.Client or a *redis.ClusterClient, not a %T", user)
	}
	return c, nil
}

// shape makes the options of a node those of a connection for claims.
func (c *claimer) shape(node *redis.Options, block time.Duration, connections int) {
	node.MaxRetries = -1
	node.DialerRetries = 1 // the worker waits and tries again by itself
	node.ReadTimeout = block + spareTime
	node.PoolSize = connections
	node.MinIdleConns = 0
	node.MaxActiveConns = 0
	// What the user's client has learned stays there.
	node.PushNotificationProcessor = nil
	node.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	dial, users := node.Dialer, node.OnConnect
	if dial == nil {
		dial = redis.NewDialer(node)
	}
	at := node.Addr
	node.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return c.overheard(dialed, at), nil
	}
	node.OnConnect = func(ctx context.Context, made *redis.Conn) error {
		made.ClientID(ctx) // the connection overhears it. Without the right to ask, a stop waits for BLOCK
		if users == nil {
			return nil
		}
		return users(ctx, made)
	}
}

// end lets the claims that wait on the queues end with nothing, and waits until claiming is closed. CLIENT UNBLOCK is sent
// more than once, because a claim may just be on its way to the server. When aborted is closed the connection is cut.
func (c *claimer) end(queues []string, claiming, aborted <-chan struct{}) {
	defer c.claims.Close()
	for refused := false; ; {
		if !refused {
			refused = !passing(c.unblock(queues))
		}
		select {
		case <-claiming:
			return
		case <-aborted:
			c.claims.Close()
			<-claiming
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// unblock ends the waits of our connections, wherever they are.
func (c *claimer) unblock(queues []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), unblockTime)
	defer cancel()
	if cluster, ok := c.user.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			return unblockAll(ctx, node, queues, func() []int64 {
				return c.ids(func(open *connection) bool { return open.node == node.Options().Addr })
			})
		})
	}
	// A way of its own shows to which server it leads: after a failover a claim may still wait at the old one, and what is
	// its id there is another client's here.
	way := &claimer{open: make(map[*connection]int64)}
	options := *c.user.(*redis.Client).Options()
	way.shape(&options, 0, 1)
	client := redis.NewClient(&options)
	defer client.Close()
	if err := client.ClientID(ctx).Err(); err != nil {
		return serverError("CLIENT", err)
	}
	return unblockAll(ctx, client, queues, func() []int64 {
		return c.ids(func(open *connection) bool {
			return len(way.ids(func(here *connection) bool { return here.RemoteAddr().String() == open.RemoteAddr().String() })) > 0
		})
	})
}

// unblockAll ends the waits of the connections that the node knows by these ids at that moment. Some servers crash on CLIENT
// UNBLOCK of a client whose command is held back by CLIENT PAUSE or FAILOVER, so a write that is held back like it is
// answered first: from then on a claim waits for jobs alone, or is over.
func unblockAll(ctx context.Context, node *redis.Client, queues []string, ids func() []int64) error {
	if len(ids()) == 0 {
		return nil
	}
	node = node.WithTimeout(unblockTime)
	if err := awaitWrites(ctx, node, queues); err != nil {
		return err
	}
	for _, id := range ids() {
		if err := node.ClientUnblock(ctx, id).Err(); err != nil {
			return serverError("CLIENT", err)
		}
	}
	return nil
}

// awaitWrites sends the node a write that changes nothing, as no lease has the token 0, and waits until it is answered. It
// needs one of the queues that are at this node: the others are refused.
func awaitWrites(ctx context.Context, node *redis.Client, queues []string) error {
	var err error
	for _, queue := range queues {
		_, err = onQueue("JQ.EXTEND", queue, 1, 0, "-").send(ctx, node)
		var refused *Error
		if !errors.As(err, &refused) {
			return err
		}
		if refused.Code == "NOREPLICAS" || refused.Code == "MISCONF" {
			return nil // a claim that is refused, too, is not held back
		}
	}
	return err
}
