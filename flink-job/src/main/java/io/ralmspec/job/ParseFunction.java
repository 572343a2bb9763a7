package io.ralmspec.job;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.Submission;
import io.ralmspec.kafka.Parsed;
import io.ralmspec.kafka.RequestParser;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Sorts records into submissions and dead letters. Never fails for any bytes. */
final class ParseFunction extends ProcessFunction<Origin, Submission> {
    static final OutputTag<DeadLetter> UNREADABLE = new OutputTag<>("unreadable") {};

    private final RequestParser parser;

    ParseFunction(RequestParser parser) {
        this.parser = parser;
    }

    @Override
    public void processElement(Origin origin, Context context, Collector<Submission> out) {
        switch (parser.parse(origin)) {
            case Parsed.Accepted accepted -> out.collect(accepted.submission());
            case Parsed.Refused refused -> out.collect(refused.submission());
            case Parsed.Unreadable unreadable ->
                    context.output(UNREADABLE, unreadable.deadLetter());
        }
    }
}
