package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.kafka.clients.admin.AdminClient;
import org.junit.jupiter.api.Test;

class ClosingKafkaSinkTest {
    /** If this fails, see whether the connector closes the client itself by now. */
    @Test
    void theConnectorsWriterHasTheClientThatIsClosedForIt() throws Exception {
        String name = KafkaSink.class.getPackageName() + ".ExactlyOnceKafkaWriter";
        assertThat(ClosingKafkaSink.adminClient(Class.forName(name)))
                .hasValueSatisfying(
                        field -> assertThat(field.getType()).isEqualTo(AdminClient.class));
    }

    @Test
    void anotherWriterIsLeftAsItIs() {
        assertThat(ClosingKafkaSink.adminClient(Object.class)).isEmpty();
    }
}
