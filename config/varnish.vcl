vcl 4.1;
# figcast behind Varnish 7: complete, for /etc/varnish/default.vcl. Change the address of the backend.
#
# Every stream holds two of Varnish's threads, the reader's and figcast's, for as long as it is watched:
# `varnishd -p thread_pool_max=10000` has room for 10,000 streams in its two pools. On HTTP/1.1 a
# browser opens six connections to a host, and every chart it shows holds one; HTTP/2 has no such limit,
# and needs something that ends TLS, such as Hitch, in front of Varnish with `-p feature=+http2`.

backend figcast {
    .host = "127.0.0.1";
    .port = "8080";
    .connect_timeout = 5s;
    # figcast breaks silence every 15 s (`heartbeat`): it is gone when four of those are missing.
    .first_byte_timeout = 60s;
    .between_bytes_timeout = 60s;
}

sub vcl_recv {
    # For the scraper, which asks figcast itself. figcast reads escapes in a path and Varnish does not:
    # none of figcast's addresses has one before its second slash.
    if (req.url ~ "^/+(metrics|[^/?]*%)") {
        return (synth(404));
    }
    # Only the page's files, whose names change with what is in them, are kept. Varnish adds
    # X-Forwarded-For, by which figcast counts streams: it has to be in its `trusted_proxies`.
    if (req.url !~ "^/assets/") {
        return (pass);
    }
}

sub vcl_backend_response {
    if (bereq.url ~ "^/stream") {
        # Every event leaves at once, in the coding that figcast chose.
        set beresp.do_stream = true;
        set beresp.filters = "";
        # Varnish reads on for readers that are slow. From 7.2 on this bounds what it holds of a stream:
        #   set beresp.transit_buffer = 64k;
    }
}

# Any status but 200 ends a browser's EventSource for good, the 503 of a restart of figcast too. Varnish's
# own errors become an empty stream that says when to come back. What figcast itself answers, such as a
# 404, passes as it is.
sub vcl_backend_error {
    if (bereq.url ~ "^/stream" && bereq.http.Accept ~ "text/event-stream") {
        set beresp.status = 200;
        set beresp.http.Content-Type = "text/event-stream";
        set beresp.http.Cache-Control = "no-cache, no-transform";
        set beresp.http.Access-Control-Allow-Origin = "*";
        unset beresp.http.Retry-After;
        synthetic({"retry: 3000
"});
        return (deliver);
    }
}
