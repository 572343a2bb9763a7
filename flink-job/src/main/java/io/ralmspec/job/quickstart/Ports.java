package io.ralmspec.job.quickstart;

import java.io.IOException;
import java.net.ServerSocket;

/** Finds a port to listen on. */
final class Ports {
    private Ports() {}

    /** The port if it is free, otherwise any free one. */
    static int freeOr(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket(port)) {
            return socket.getLocalPort();
        } catch (IOException taken) {
            try (ServerSocket socket = new ServerSocket(0)) {
                return socket.getLocalPort();
            }
        }
    }
}
