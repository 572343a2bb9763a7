package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.DeadLetterSerializer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Who was asked what, and whether each record came to its one right end. Needs the same memory
 * however long it runs: what is settled is forgotten, and a second answer to it is told by its
 * number. Thread-safe.
 */
final class SoakLedger {
    /** Settled ones that are kept, so that duplicates of them can be sent. */
    private static final int KEPT = 200;

    private static final int MOST_PROBLEMS = 20;

    /** What a request may end as. */
    enum Kind {
        PLAIN,
        DEADLINE,
        CANCELLED,
        REFUSED
    }

    private static final class Sent {
        private final Kind kind;
        private final Answer expected;
        private int duplicates;
        private int duplicateLetters;
        private int unknownLetters;
        private FinishReason end;

        Sent(Kind kind, Answer expected) {
            this.kind = kind;
            this.expected = expected;
        }

        /** Answered, and each record beside it has its dead letter. */
        boolean settled() {
            boolean letterForCancel = kind == Kind.CANCELLED && end != FinishReason.CANCELLED;
            return end != null
                    && duplicateLetters == duplicates
                    && unknownLetters == (letterForCancel ? 1 : 0);
        }
    }

    private final Map<Integer, Sent> sent = new HashMap<>();
    private final Map<String, byte[]> poison = new HashMap<>();
    private final Map<FinishReason, Integer> ends = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private int newest = -1;
    private int answers;
    private int answersAgain;
    private int letters;

    /** Before the record with this number is sent; numbers ascend by one. */
    synchronized void sending(int number, Kind kind, Answer expected) {
        sent.put(number, new Sent(kind, expected));
        newest = number;
        sent.entrySet()
                .removeIf(entry -> entry.getKey() < number - KEPT && entry.getValue().settled());
    }

    /** Before a request is sent once more; false if it is forgotten, or was cancelled. */
    synchronized boolean sendingAgain(int number) {
        Sent again = sent.get(number);
        if (again == null || again.kind == Kind.CANCELLED) {
            return false;
        }
        again.duplicates++;
        return true;
    }

    /** Before a record is sent that nobody can be answered about. */
    synchronized void sendingPoison(String key, byte[] value) {
        poison.put(key, value);
    }

    synchronized void answered(ConsumerRecord<byte[], byte[]> record) {
        Answer answer = AnswerReader.read(record.value());
        int number = Integer.parseInt(answer.id().substring(1));
        Sent request = sent.get(number);
        if (number > newest) {
            problem("an answer to " + answer.id() + ", which was never asked");
        } else if (request == null || request.end != null) {
            answersAgain++;
            problem("a second answer to " + answer.id());
        } else {
            answers++;
            request.end = answer.finishReason();
            ends.merge(answer.finishReason(), 1, Integer::sum);
            check(request, answer);
        }
    }

    private void check(Sent request, Answer answer) {
        boolean right =
                switch (answer.finishReason()) {
                    case STOP, LENGTH ->
                            request.kind != Kind.REFUSED && answer.says(request.expected);
                    case CANCELLED -> request.kind == Kind.CANCELLED && begins(request, answer);
                    case DEADLINE -> request.kind == Kind.DEADLINE && begins(request, answer);
                    case ERROR ->
                            request.kind == Kind.REFUSED
                                    && answer.error().code() == ErrorCode.INVALID_FIELD;
                };
        if (!right) {
            problem(
                    "%s (%s) ended as %s with %d tokens %s"
                            .formatted(
                                    answer.id(),
                                    request.kind,
                                    answer.finishReason(),
                                    answer.tokens().length,
                                    answer.error() == null ? "" : answer.error().message()));
        }
    }

    private static boolean begins(Sent request, Answer answer) {
        int[] got = answer.tokens();
        int[] all = request.expected.tokens();
        return got.length <= all.length && Arrays.equals(got, Arrays.copyOf(all, got.length));
    }

    synchronized void deadLetter(ConsumerRecord<byte[], byte[]> record) {
        letters++;
        String key = new String(record.key(), UTF_8);
        String code =
                new String(record.headers().lastHeader(DeadLetterSerializer.CODE).value(), UTF_8);
        if (key.startsWith("p")) {
            byte[] original = poison.remove(key);
            if (!Arrays.equals(original, record.value())) {
                problem(
                        "a dead letter %s (%s) that is another's, or a second"
                                .formatted(key, code));
            }
            return;
        }
        Sent request = sent.get(Integer.parseInt(key.substring(1)));
        if (request != null && code.equals("duplicate_id")) {
            request.duplicateLetters++;
        } else if (request != null && code.equals("unknown_id")) {
            request.unknownLetters++;
        } else {
            problem("a dead letter %s (%s) that nothing asked for".formatted(key, code));
        }
        if (request != null
                && (request.duplicateLetters > request.duplicates || request.unknownLetters > 1)) {
            problem("one dead letter %s (%s) too many".formatted(key, code));
        }
    }

    /** Requests without an answer yet. */
    synchronized int unanswered() {
        return (int) sent.values().stream().filter(request -> request.end == null).count();
    }

    /** Records without an end yet: requests, duplicates, cancellations, and poison. */
    synchronized List<String> unsettled() {
        List<String> ids = new ArrayList<>(poison.keySet());
        for (Iterator<Map.Entry<Integer, Sent>> each = sent.entrySet().iterator();
                each.hasNext(); ) {
            Map.Entry<Integer, Sent> entry = each.next();
            if (!entry.getValue().settled()) {
                ids.add("s" + entry.getKey());
            }
        }
        return ids;
    }

    /** What was wrong; the first few of it. */
    synchronized List<String> problems() {
        return List.copyOf(problems);
    }

    synchronized int ended(FinishReason reason) {
        return ends.getOrDefault(reason, 0);
    }

    synchronized int letters() {
        return letters;
    }

    private void problem(String text) {
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(text);
        }
    }

    @Override
    public synchronized String toString() {
        return "%d asked, %d answered %s, %d again, %d dead letters, %d problems"
                .formatted(newest + 1, answers, ends, answersAgain, letters, problems.size());
    }
}
