package io.ralmspec.job;

import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.StrideBatch;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Any serving, watched and disturbed by a test while the job runs. Serialisable: what must be
 * shared with the copy in the job is kept by key.
 */
final class WatchedServing implements ServingFactory {
    private static final long serialVersionUID = 1;
    private static final Map<String, Control> CONTROLS = new ConcurrentHashMap<>();

    /** What a test sees and changes. */
    static final class Control {
        /** Before a stride is generated; may wait or throw. */
        volatile Hook<Generation> beforeGenerate = generation -> {};

        /** Before a search; may wait or throw. */
        volatile Hook<Search> beforeSearch = search -> {};

        /** The models of all servings that were ever opened, as they are. */
        final List<LanguageModel> models = new CopyOnWriteArrayList<>();

        final AtomicInteger closed = new AtomicInteger();
    }

    record Search(RetrieverKind retriever, List<Query> queries) {}

    @FunctionalInterface
    interface Hook<T> {
        void run(T argument) throws Exception;
    }

    private interface Call {
        Object proceed() throws Throwable;
    }

    private interface Around {
        Object call(Object[] arguments, Call call) throws Throwable;
    }

    private final ServingFactory serving;
    private final String key = UUID.randomUUID().toString();

    WatchedServing(ServingFactory serving) {
        this.serving = serving;
        CONTROLS.put(key, new Control());
    }

    Control control() {
        return CONTROLS.get(key);
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Serving open() throws Exception {
        Control control = control();
        Serving opened = serving.open();
        control.models.add(opened.model());
        return new Serving(
                watch(
                        LanguageModel.class,
                        opened.model(),
                        Map.of(
                                "generate",
                                (arguments, call) -> generate(arguments, call, control),
                                "batch",
                                (arguments, call) ->
                                        watch(
                                                StrideBatch.class,
                                                (StrideBatch) call.proceed(),
                                                Map.of(
                                                        "add",
                                                        (added, adding) ->
                                                                generate(added, adding, control))),
                                "close",
                                (arguments, call) -> {
                                    call.proceed();
                                    control.closed.incrementAndGet();
                                    return null;
                                })),
                opened.tokenizer(),
                opened.encoder(),
                watch(
                        KnowledgeBase.class,
                        opened.knowledgeBase(),
                        Map.of(
                                "retriever",
                                (arguments, call) -> watch((Retriever) call.proceed(), control))));
    }

    private static Object generate(Object[] arguments, Call call, Control control)
            throws Throwable {
        control.beforeGenerate.run((Generation) arguments[0]);
        return call.proceed();
    }

    private static Retriever watch(Retriever retriever, Control control) {
        return watch(
                Retriever.class,
                retriever,
                Map.of("search", (arguments, call) -> search(retriever, arguments, call, control)));
    }

    @SuppressWarnings("unchecked") // Retriever.search takes a list of queries
    private static Object search(
            Retriever retriever, Object[] arguments, Call call, Control control) throws Throwable {
        control.beforeSearch.run(new Search(retriever.kind(), (List<Query>) arguments[0]));
        return call.proceed();
    }

    /** The same object, but for a few of its methods. */
    private static <T> T watch(Class<T> type, T target, Map<String, Around> methods) {
        Object proxy =
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (self, method, arguments) -> {
                            Call call =
                                    () -> {
                                        try {
                                            return method.invoke(target, arguments);
                                        } catch (InvocationTargetException e) {
                                            throw e.getCause();
                                        }
                                    };
                            Around around = methods.get(method.getName());
                            return around == null ? call.proceed() : around.call(arguments, call);
                        });
        return type.cast(proxy);
    }
}
