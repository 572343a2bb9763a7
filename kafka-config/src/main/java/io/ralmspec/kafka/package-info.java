/**
 * The records on Kafka's topics and what surrounds them: parser, serializers, JSON Schemas, topic
 * plan, client settings. No Flink. Start with {@link io.ralmspec.kafka.RequestParser}.
 */
@NullMarked
package io.ralmspec.kafka;

import org.jspecify.annotations.NullMarked;
