package io.ralmspec.job.local;

import java.io.IOException;
import java.net.ServerSocket;

/** Finds a port to listen on. */
public final class Ports {
    private Ports() {}

    /** The port if it is free, otherwise any free one. */
    public static int freeOr(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket(port)) {
            return socket.getLocalPort();
        } catch (IOException taken) {
            try (ServerSocket socket = new ServerSocket(0)) {
                return socket.getLocalPort();
            }
        }
    }
}
