/**
 * The knowledge base: an index directory that holds documents and up to three ways to search them.
 * {@link io.ralmspec.knowledge.IndexBuilder} writes it, {@link
 * io.ralmspec.knowledge.FileKnowledgeBase} opens it. Knows nothing of Flink or Kafka.
 */
@NullMarked
package io.ralmspec.knowledge;

import org.jspecify.annotations.NullMarked;
