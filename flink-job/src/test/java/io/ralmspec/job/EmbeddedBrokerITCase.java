package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.job.local.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerITCase {
    @Test
    void keepsItsRecordsAcrossARestart(@TempDir Path directory) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers());
            try (Admin admin = Admin.create(settings)) {
                admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
            }
            try (KafkaProducer<String, String> producer =
                    new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
                producer.send(new ProducerRecord<>("t", "key", "value")).get();
            }
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
                KafkaConsumer<String, String> consumer =
                        new KafkaConsumer<>(
                                Map.of(
                                        "bootstrap.servers",
                                        broker.bootstrapServers(),
                                        "auto.offset.reset",
                                        "earliest"),
                                new StringDeserializer(),
                                new StringDeserializer())) {
            consumer.assign(List.of(new TopicPartition("t", 0)));
            List<ConsumerRecord<String, String>> records =
                    consumer.poll(Duration.ofSeconds(20)).records(new TopicPartition("t", 0));
            assertThat(records).extracting(ConsumerRecord::value).containsExactly("value");
        }
    }
}
