import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.SafeEncoder;

/**
 * A whole program with nothing but Jedis (8.0): it enqueues ten jobs, twice, and works until none is left.
 * usage: java -cp 'jars/*' JedisWorker.java [QUEUE]    with the address of the server in REDIS_URL
 */
public final class JedisWorker {
    /** ms until a job whose worker has died runs elsewhere; EXTEND prolongs it. In earnest rather 30,000. */
    static final int LEASE = 3000;
    /** ms that a claim waits for a job: less than the timeout of its connection, at most a third of the lease. */
    static final int BLOCK = 1000;
    /** ms for any reply. The default of Jedis is 2,000. */
    static final int TIMEOUT = 5000;
    static final URI SERVER = URI.create(System.getenv().getOrDefault("REDIS_URL", "redis://127.0.0.1:6379"));

    private final String queue;
    private final String name; // no other process may have it
    private final Link claims = new Link(); // a claim that waits occupies its connection: nothing else can be sent on it
    private final Link commands = new Link();
    private final ExecutorService handlers = Executors.newSingleThreadExecutor();
    private volatile boolean isStopAsked;

    JedisWorker(String queue) {
        this.queue = queue;
        String process = ManagementFactory.getRuntimeMXBean().getName(); // pid@host
        name = process + ":" + UUID.randomUUID().toString().substring(0, 8);
    }

    /** No connection, or the server is loading its files or is a replica for the moment: it will be there again. */
    static final class Away extends RuntimeException {
        Away(Throwable cause) {
            super(cause);
        }
    }

    /** A connection that is made when it is needed, for one thread. Jedis itself sends nothing again. */
    static final class Link {
        private Jedis jedis;

        /** Sends a command once. Replies are lists, strings and longs. */
        Object send(String command, Object... arguments) {
            String[] words = Stream.of(arguments).map(String::valueOf).toArray(String[]::new);
            try {
                if (jedis == null) {
                    jedis = new Jedis(SERVER, TIMEOUT);
                }
                return SafeEncoder.encodeObject(jedis.sendCommand(() -> SafeEncoder.encode(command), words));
            } catch (JedisConnectionException e) {
                if (jedis != null) {
                    jedis.close();
                    jedis = null;
                }
                throw new Away(e);
            } catch (JedisDataException e) {
                throw e.getMessage().matches("(LOADING|READONLY|MASTERDOWN).*") ? new Away(e) : e;
            }
        }

        /** Sends a command until it is answered. Everything but a claim may be sent twice: the second answer says so. */
        Object ask(String command, Object... arguments) throws InterruptedException {
            for (int tries = 1;; tries++) {
                try {
                    return send(command, arguments);
                } catch (Away e) {
                    if (tries > 100) { // half a minute or more: whoever has started this program should know
                        throw e;
                    }
                    Thread.sleep(300);
                }
            }
        }

        /** The answer of a command about one job. */
        long answer(String command, Object... arguments) throws InterruptedException {
            return (long) ((List<?>) ask(command, arguments)).get(0);
        }
    }

    /** The work. What it throws is the error of the job. */
    static Void handle(String payload) throws Exception {
        if (!payload.contains("@")) {
            throw new IllegalArgumentException("no address: " + payload);
        }
        Thread.sleep(payload.startsWith("slow") ? 4000 : 50);
        return null;
    }

    /** Runs a job in another thread while this one extends its lease, and answers for it. */
    void run(Object token, Object id, Object attempt, String payload) throws InterruptedException {
        Future<Void> handler = handlers.submit(() -> handle(payload));
        while (true) {
            try {
                handler.get(LEASE / 3, TimeUnit.MILLISECONDS);
                long answer = commands.answer("JQ.ACK", queue, token, id); // 1, or 0: done by an ACK before
                String outcome = answer < 0 ? "was lost" : "completed";
                System.out.printf("%s %s, attempt %s (%d)%n", id, outcome, attempt, answer);
                return;
            } catch (ExecutionException e) {
                String error = e.getCause().getMessage();
                // 1: it is tried again, 2: it is not
                long answer = commands.answer("JQ.NACK", queue, token, id, "ERROR", error);
                System.out.printf("%s failed, attempt %s: %s (%d)%n", id, attempt, error, answer);
                return;
            } catch (TimeoutException stillAtWork) {
                long answer = commands.answer("JQ.EXTEND", queue, LEASE, token, id);
                if (answer <= 0) { // it was cancelled (-3), or is another worker's by now
                    handler.cancel(true); // interrupts the handler
                    System.out.printf("%s is not ours any more (%d)%n", id, answer);
                    return;
                }
            }
        }
    }

    void workUntilNothingIsLeft() throws InterruptedException {
        boolean isReplyLost = false;
        while (!isStopAsked) {
            List<?> jobs;
            try {
                // After a lost connection the job whose reply was lost: it is leased to our name.
                jobs = (List<?>) (isReplyLost
                    ? claims.send("JQ.CLAIM", queue, name, "LEASE", LEASE, "HELD")
                    : claims.send("JQ.CLAIM", queue, name, "LEASE", LEASE, "BLOCK", BLOCK));
                isReplyLost = false;
            } catch (Away e) {
                isReplyLost = true;
                Thread.sleep(BLOCK); // so long the server may still give a job to the claim whose connection is gone
                continue;
            }
            if (jobs == null || jobs.isEmpty()) {
                if (unfinished() == 0) {
                    return; // only an example ends when there is nothing left to do
                }
                continue;
            }
            for (Object claimed : jobs) {
                List<?> job = (List<?>) claimed;
                if (!isStopAsked) {
                    run(job.get(0), job.get(1), job.get(2), (String) job.get(3));
                }
            }
        }
    }

    long unfinished() throws InterruptedException {
        long sum = 0;
        for (String state : List.of("waiting", "delayed", "active")) {
            sum += (long) commands.ask("JQ.COUNT", queue, state);
        }
        return sum;
    }

    void enqueue() throws InterruptedException {
        List<Object> words = new ArrayList<>(List.of(queue, 10));
        for (int n = 1; n <= 10; n++) {
            words.add("mail:" + n);
            words.add(Map.of(4, "slow@example.org", 7, "nobody").getOrDefault(n, "user" + n + "@example.org"));
        }
        words.addAll(List.of("ATTEMPTS", 2, "BACKOFF", "FIXED", 200));
        List<?> replies = (List<?>) commands.ask("JQ.MADD", words.toArray());
        System.out.println("enqueued: " + replies.stream().collect(groupingBy(reply -> ((List<?>) reply).get(0), counting())));
    }

    public static void main(String[] arguments) throws Exception {
        JedisWorker worker = new JedisWorker(arguments.length > 0 ? arguments[0] : "example");
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { // SIGTERM: the job that runs is finished first
            worker.isStopAsked = true;
            try {
                main.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        try {
            worker.enqueue();
            worker.enqueue(); // what is known already is refused, so it does no harm to enqueue again
            worker.workUntilNothingIsLeft();
        } finally {
            worker.handlers.shutdownNow(); // its thread would keep the program alive
        }
        // Hands back what was claimed and not begun. It costs these jobs no attempt.
        Object released = worker.commands.ask("JQ.RELEASE", worker.queue, "WORKER", worker.name);
        System.out.println(worker.name + " ends, " + released + " handed back");
    }
}
