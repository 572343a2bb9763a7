package io.ralmspec.job;

import io.ralmspec.decoding.Origin;
import io.ralmspec.kafka.Origins;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Takes records as they are. Reading them is a stage of its own, where failing is not fatal. */
final class OriginDeserializer implements KafkaRecordDeserializationSchema<Origin> {
    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Origin> out) {
        out.collect(Origins.of(record));
    }

    @Override
    public TypeInformation<Origin> getProducedType() {
        return TypeInformation.of(Origin.class);
    }
}
