package io.ralmspec.job.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The speed-ups as horizontal bars, one group per retriever and engine, with a line at the
 * baseline. Written by hand as SVG: charting libraries measure text with the fonts of the machine,
 * which servers and containers often do not have.
 */
final class SpeedupChart {
    /** The mode whose bar is cut where it is longer than every policy's. */
    private static final String FLOOR = "model-only";

    private static final int LABEL_WIDTH = 250;
    private static final int BAR_WIDTH = 430;
    private static final int WIDTH = LABEL_WIDTH + BAR_WIDTH + 90;
    private static final int ROW = 22;
    private static final int BAR = 16;
    private static final int TOP = 44;

    private SpeedupChart() {}

    static String svg(List<CellResult> results) {
        Map<String, List<CellResult>> groups = new LinkedHashMap<>();
        for (CellResult r : results) {
            String title = r.lookup() + ", " + r.engine() + (r.computed() ? " (computed)" : "");
            groups.computeIfAbsent(title, t -> new ArrayList<>()).add(r);
        }
        // Where retrieval dominates, the floor would leave nothing to see of the policies.
        double longest =
                results.stream()
                        .filter(r -> !r.mode().equals(FLOOR))
                        .mapToDouble(CellResult::speedup)
                        .max()
                        .orElse(1);
        double unit = BAR_WIDTH / Math.max(1, longest);
        StringBuilder body = new StringBuilder();
        int y = TOP;
        for (Map.Entry<String, List<CellResult>> group : groups.entrySet()) {
            text(body, 10, y + 15, "start", "font-weight=\"bold\"", group.getKey());
            y += ROW + 2;
            for (CellResult r : group.getValue()) {
                boolean cut = r.speedup() > Math.max(1, longest);
                double width = cut ? BAR_WIDTH : unit * r.speedup();
                text(body, LABEL_WIDTH - 8, y + 12, "end", "", r.policies());
                body.append(
                        format(
                                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\""
                                        + " fill=\"%s\"/>\n",
                                LABEL_WIDTH, y, width, BAR, color(r)));
                text(
                        body,
                        LABEL_WIDTH + width + 6,
                        y + 12,
                        "start",
                        "",
                        format(cut ? "\u2026 %.2f\u00d7" : "%.2f\u00d7", r.speedup()));
                y += ROW;
            }
            y += 10;
        }
        body.append(
                format(
                        "<line x1=\"%1$.1f\" y1=\"%2$d\" x2=\"%1$.1f\" y2=\"%3$d\""
                                + " stroke=\"#333\" stroke-dasharray=\"3 3\"/>\n",
                        LABEL_WIDTH + unit, TOP, y));
        int height = y + 10;
        StringBuilder svg = new StringBuilder();
        svg.append(
                format(
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %1$d %2$d\""
                                + " width=\"%1$d\" height=\"%2$d\" font-family=\"sans-serif\""
                                + " font-size=\"13\">\n",
                        WIDTH, height));
        svg.append(format("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", WIDTH, height));
        text(
                svg,
                10,
                22,
                "start",
                "font-size=\"16\"",
                "Speed-up over plain decoding, same answers");
        return svg.append(body).append("</svg>\n").toString();
    }

    private static String color(CellResult result) {
        if (result.baseline()) {
            return "#9e9e9e";
        }
        return result.mode().equals(FLOOR) ? "#d5d5d5" : "#2f6db3";
    }

    private static void text(
            StringBuilder svg, double x, int y, String anchor, String more, String text) {
        svg.append(
                format(
                        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\" fill=\"#222\" %s>%s</text>\n",
                        x, y, anchor, more, text.replace("&", "&amp;").replace("<", "&lt;")));
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
