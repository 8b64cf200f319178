import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

/**
 * A whole program with nothing but Lettuce (7.7): it enqueues ten jobs, twice, and works until none is left.
 * usage: java -cp 'jars/*' LettuceWorker.java [QUEUE]    with the address of the server in REDIS_URL
 */
public final class LettuceWorker {
    /** ms until a job whose worker has died runs elsewhere; EXTEND prolongs it. In earnest rather 30,000. */
    static final int LEASE = 3000;
    /** ms that a claim waits for a job: less than the timeout of its connection, at most a third of the lease. */
    static final int BLOCK = 1000;
    /** For any reply. The default of Lettuce is 60 seconds. */
    static final Duration TIMEOUT = Duration.ofSeconds(5);
    static final RedisClient CLIENT =
        RedisClient.create(RedisURI.create(System.getenv().getOrDefault("REDIS_URL", "redis://127.0.0.1:6379")));

    private final String queue;
    private final String name; // no other process may have it
    private final Link claims = new Link(); // a claim that waits occupies its connection: nothing else can be sent on it
    private final Link commands = new Link();
    private final ExecutorService handlers = Executors.newSingleThreadExecutor();
    private volatile boolean isStopAsked;

    LettuceWorker(String queue) {
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

    /** The name of a command, as Lettuce wants it. */
    record Name(String name) implements ProtocolKeyword {
        @Override
        public byte[] getBytes() {
            return name.getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** A connection that is made when it is needed. */
    static final class Link {
        private StatefulRedisConnection<String, String> connection;

        /** Sends a command once. A reply is a list of lists, strings and longs; one number is a list, too. */
        List<Object> send(String command, Object... arguments) {
            CommandArgs<String, String> words = new CommandArgs<>(StringCodec.UTF8);
            for (Object argument : arguments) {
                words.add(String.valueOf(argument));
            }
            try {
                if (connection == null) {
                    connection = CLIENT.connect();
                    connection.setTimeout(TIMEOUT);
                }
                return connection.sync().dispatch(new Name(command), new ArrayOutput<>(StringCodec.UTF8), words);
            } catch (RedisCommandExecutionException e) {
                throw e.getMessage().matches("(LOADING|READONLY|MASTERDOWN).*") ? new Away(e) : e;
            } catch (RedisException e) {
                // Closed after a timeout, too: a claim that nobody waits for any more would still be given a job.
                if (connection != null) {
                    connection.close();
                    connection = null;
                }
                throw new Away(e);
            }
        }

        /** Sends a command until it is answered. Everything but a claim may be sent twice: the second answer says so. */
        List<Object> ask(String command, Object... arguments) throws InterruptedException {
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

        /** The number that a command replies, or its answer about one job. */
        long number(String command, Object... arguments) throws InterruptedException {
            return (long) ask(command, arguments).get(0);
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
                long answer = commands.number("JQ.ACK", queue, token, id); // 1, or 0: done by an ACK before
                String outcome = answer < 0 ? "was lost" : "completed";
                System.out.printf("%s %s, attempt %s (%d)%n", id, outcome, attempt, answer);
                return;
            } catch (ExecutionException e) {
                String error = e.getCause().getMessage();
                // 1: it is tried again, 2: it is not
                long answer = commands.number("JQ.NACK", queue, token, id, "ERROR", error);
                System.out.printf("%s failed, attempt %s: %s (%d)%n", id, attempt, error, answer);
                return;
            } catch (TimeoutException stillAtWork) {
                long answer = commands.number("JQ.EXTEND", queue, LEASE, token, id);
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
            List<Object> jobs;
            try {
                // After a lost connection the job whose reply was lost: it is leased to our name.
                jobs = isReplyLost
                    ? claims.send("JQ.CLAIM", queue, name, "LEASE", LEASE, "HELD")
                    : claims.send("JQ.CLAIM", queue, name, "LEASE", LEASE, "BLOCK", BLOCK);
                isReplyLost = false;
            } catch (Away e) {
                isReplyLost = true;
                Thread.sleep(BLOCK); // so long the server may still give a job to the claim whose connection is gone
                continue;
            }
            if (jobs.isEmpty() || jobs.get(0) == null) { // a null is empty over RESP2, and [null] over RESP3
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
            sum += commands.number("JQ.COUNT", queue, state);
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
        List<Object> replies = commands.ask("JQ.MADD", words.toArray());
        System.out.println("enqueued: " + replies.stream().collect(groupingBy(reply -> ((List<?>) reply).get(0), counting())));
    }

    public static void main(String[] arguments) throws Exception {
        // Lettuce would connect again by itself and repeat what was under way, a claim too: that one gets other jobs.
        CLIENT.setOptions(ClientOptions.builder().autoReconnect(false).build());
        LettuceWorker worker = new LettuceWorker(arguments.length > 0 ? arguments[0] : "example");
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
        long released = worker.commands.number("JQ.RELEASE", worker.queue, "WORKER", worker.name);
        System.out.println(worker.name + " ends, " + released + " handed back");
        CLIENT.shutdown(Duration.ZERO, TIMEOUT);
    }
}
