package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.kafka.RequestWriter;
import io.ralmspec.streaming.Serving;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Random records for the request topic: requests of all kinds, duplicates, cancels, poison. */
final class SoakLoad {
    private static final String[] PROMPTS = {
        "The lighthouse by the river", "Where is the violin?", "An otter and a compass", "Bakery"
    };
    private static final int BACK = 50;

    private record Question(DecodingRequest request, Answer expected) {}

    private final Random random;
    private final SoakLedger ledger;
    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final List<Question> questions = new ArrayList<>();
    private final List<Question> recent = new ArrayList<>();
    private int count;

    /**
     * @param serving to find out the answers with, before anything is sent
     */
    SoakLoad(
            long seed,
            int questions,
            Serving serving,
            SoakLedger ledger,
            KafkaProducer<byte[], byte[]> producer,
            String topic) {
        this.random = new Random(seed);
        this.ledger = ledger;
        this.producer = producer;
        this.topic = topic;
        Oracle oracle = new Oracle(serving);
        for (int i = 0; i < questions; i++) {
            DecodingRequest request = question(i);
            this.questions.add(new Question(request, oracle.decode(request)));
        }
    }

    /** Sends the next request, and now and then something beside it. */
    void send() {
        int number = count++;
        String id = "s" + number;
        Question question = questions.get(random.nextInt(questions.size()));
        int dice = random.nextInt(100);
        if (dice < 4) {
            ledger.sending(number, SoakLedger.Kind.REFUSED, question.expected());
            value(id, "{\"id\": \"%s\", \"prompt\": \"p\", \"max_tokens\": 0}".formatted(id));
        } else if (dice < 12) {
            ledger.sending(number, SoakLedger.Kind.DEADLINE, question.expected());
            request(question, id, 1 + random.nextInt(300));
        } else if (dice < 20) {
            ledger.sending(number, SoakLedger.Kind.CANCELLED, question.expected());
            request(question, id, 0);
            producer.send(RequestWriter.cancellation(id).toProducerRecord(topic));
        } else {
            ledger.sending(number, SoakLedger.Kind.PLAIN, question.expected());
            request(question, id, 0);
        }
        recent.add(question);
        if (recent.size() > BACK) {
            recent.removeFirst();
        }
        if (random.nextInt(20) == 0) {
            int back = random.nextInt(recent.size());
            int again = number - back;
            if (ledger.sendingAgain(again)) {
                request(recent.get(recent.size() - 1 - back), "s" + again, 0);
            }
        }
        if (random.nextInt(20) == 0) {
            String key = "p" + number;
            String value = random.nextBoolean() ? "poison " + number : "{\"prompt\": \"nobody's\"}";
            ledger.sendingPoison(key, value.getBytes(UTF_8));
            value(key, value);
        }
    }

    private void request(Question question, String id, long deadlineMillis) {
        DecodingRequest r = question.request();
        DecodingRequest own =
                new DecodingRequest(
                        id,
                        r.prompt(),
                        r.maxTokens(),
                        r.stop(),
                        r.sampling(),
                        r.retrieval(),
                        r.stream(),
                        deadlineMillis);
        producer.send(RequestWriter.record(own).toProducerRecord(topic));
    }

    private void value(String key, String value) {
        producer.send(new ProducerRecord<>(topic, key.getBytes(UTF_8), value.getBytes(UTF_8)));
    }

    private DecodingRequest question(int number) {
        return new DecodingRequest(
                "question-" + number,
                PROMPTS[random.nextInt(PROMPTS.length)] + " " + random.nextInt(100),
                4 + random.nextInt(28),
                List.of(),
                random.nextBoolean() ? Sampling.GREEDY : new Sampling(0.8, 0.9, random.nextLong()),
                new RetrievalParameters(
                        RetrieverKind.values()[random.nextInt(3)],
                        random.nextInt(8) == 0 ? DecodingMode.BASELINE : DecodingMode.SPECULATIVE,
                        RetrievalScheme.values()[random.nextInt(3)],
                        RetrievalParameters.DEFAULT_CONFIDENCE,
                        1 + random.nextInt(5),
                        8 + random.nextInt(24),
                        new SpeculationPolicy(
                                StrideRule.values()[random.nextInt(3)],
                                1 + random.nextInt(5),
                                1 + random.nextInt(20),
                                random.nextBoolean(),
                                random.nextBoolean(),
                                random.nextBoolean())),
                random.nextInt(4) == 0,
                0);
    }
}
