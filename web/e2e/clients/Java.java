// Clients of a stream in Java: `java Java URL WAY:CODING ..`. Each tells on stdout, a line of JSON at a
// time, what it hears and how it ends. Java's HttpClient decodes nothing, so that GZIPInputStream does.

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.GZIPInputStream;

class Java {
    static synchronized void tell(String client, String name, String value) {
        System.out.printf("{\"client\": \"%s\", \"%s\": \"%s\"}%n", client, name, value);
    }

    static void read(String url, String client) {
        try {
            String coding = client.split(":")[1];
            var request = HttpRequest.newBuilder(URI.create(url)).header("Accept-Encoding", coding).build();
            var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofInputStream());
            String coded = response.headers().firstValue("content-encoding").orElse("identity");
            tell(client, "opened", coded);
            InputStream body = response.body();
            InputStream decoded = coded.equals("gzip") ? new GZIPInputStream(body) : body;
            byte[] piece = new byte[65536];
            for (int length; (length = decoded.read(piece)) >= 0; ) {
                byte[] bytes = Arrays.copyOf(piece, length);
                tell(client, "base64", Base64.getEncoder().encodeToString(bytes));
            }
            tell(client, "ended", "");
        } catch (Exception error) {
            tell(client, "ended", error.toString().replace("\"", "'"));
        }
    }

    public static void main(String[] args) {
        for (String client : Arrays.copyOfRange(args, 1, args.length)) {
            new Thread(() -> read(args[0], client)).start();
        }
    }
}
